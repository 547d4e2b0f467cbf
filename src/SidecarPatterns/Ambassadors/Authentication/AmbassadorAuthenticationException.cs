using System.Net;

namespace SidecarPatterns;

/// <summary>There is no credential to send a request with, or it must not be sent there: nothing was sent.</summary>
/// <remarks>
/// It tells the status of a token endpoint and its <c>error</c> code, where that is one of the standards'; never what a body says, and never a secret.
/// </remarks>
public sealed class AmbassadorAuthenticationException : HttpRequestException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="ambassadorName">The name of the ambassador.</param>
    /// <param name="message">Why.</param>
    /// <param name="issuerStatus">The status of the token endpoint's response, if there was one.</param>
    /// <param name="error">Its <c>error</c> code, if it had one.</param>
    /// <param name="retryAfter">In how long a credential is asked for again, if that is waited for.</param>
    public AmbassadorAuthenticationException(
        string ambassadorName, string message, HttpStatusCode? issuerStatus = null, string? error = null, TimeSpan? retryAfter = null)
        : base(System.Net.Http.HttpRequestError.UserAuthenticationError, message)
    {
        AmbassadorName = ambassadorName;
        IssuerStatus = issuerStatus;
        Error = error;
        RetryAfter = retryAfter;
    }

    /// <summary>The name of the ambassador.</summary>
    public string AmbassadorName { get; }

    /// <summary>The status of the token endpoint's response; <see langword="null"/> if there was none.</summary>
    public HttpStatusCode? IssuerStatus { get; }

    /// <summary>
    /// The <c>error</c> code of that response (RFC 6749, section 5.2), such as <c>invalid_client</c>; <see langword="null"/> if it had none that is known.
    /// </summary>
    public string? Error { get; }

    /// <summary>In how long a credential is asked for again; until then calls fail at once. <see langword="null"/> where that is not the reason.</summary>
    public TimeSpan? RetryAfter { get; }
}
