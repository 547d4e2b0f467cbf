namespace SidecarPatterns;

/// <summary>The circuit is open: the server has failed often of late, and nothing was sent.</summary>
public sealed class AmbassadorCircuitOpenException : HttpRequestException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="ambassadorName">The name of the ambassador.</param>
    /// <param name="retryAfter">In how long requests are let through again; <see langword="null"/> if that depends on others.</param>
    public AmbassadorCircuitOpenException(string ambassadorName, TimeSpan? retryAfter)
        : base(System.Net.Http.HttpRequestError.ConnectionError, Describe(ambassadorName, retryAfter))
    {
        AmbassadorName = ambassadorName;
        RetryAfter = retryAfter;
    }

    /// <summary>The name of the ambassador.</summary>
    public string AmbassadorName { get; }

    /// <summary>
    /// In how long requests are let through again; <see langword="null"/> if that depends on others: on a probe that is under way, or on a release by hand.
    /// </summary>
    public TimeSpan? RetryAfter { get; }

    private static string Describe(string ambassadorName, TimeSpan? retryAfter) => retryAfter is { } left
        ? $"The circuit of ambassador '{ambassadorName}' is open, for {left.TotalSeconds:0.0} s more: nothing was sent."
        : $"The circuit of ambassador '{ambassadorName}' is open: nothing was sent.";
}
