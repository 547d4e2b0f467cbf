namespace SidecarPatterns;

/// <summary>The ambassador takes no calls, or none now: nothing was sent.</summary>
public sealed class AmbassadorRejectedException : HttpRequestException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="ambassadorName">The name of the ambassador.</param>
    /// <param name="message">Why.</param>
    public AmbassadorRejectedException(string ambassadorName, string message)
        : base(System.Net.Http.HttpRequestError.ConnectionError, message) =>
        AmbassadorName = ambassadorName;

    /// <summary>The name of the ambassador.</summary>
    public string AmbassadorName { get; }
}
