using System.Globalization;
using System.Net;

namespace SidecarPatterns;

/// <summary>Why there is no credential, in words of ours alone.</summary>
/// <param name="What">What happened.</param>
/// <param name="Status">The status of the token endpoint's response, if there was one.</param>
/// <param name="Error">Its error code, if it was one of the standards'.</param>
/// <param name="RetryAfter">How long it asks to wait.</param>
internal sealed record CredentialFailure(string What, HttpStatusCode? Status = null, string? Error = null, TimeSpan? RetryAfter = null)
{
    /// <summary>Whether asking again is of little use before somebody has changed a setting, here or there.</summary>
    public bool IsRejection =>
        Error is "invalid_client" or "unauthorized_client" or "invalid_scope" or "unsupported_grant_type" or "invalid_target" or "invalid_request";

    /// <summary>What is shown of it.</summary>
    public string Describe() => Status is not { } status ? What
        : Error is null ? string.Create(CultureInfo.InvariantCulture, $"{What} ({(int)status})")
        : string.Create(CultureInfo.InvariantCulture, $"{What} ({(int)status} {Error})");

    /// <summary>What a provider threw, by its type: its message may say what nobody is to know.</summary>
    public static CredentialFailure Of(Exception exception) => exception switch
    {
        HttpRequestException { HttpRequestError: not HttpRequestError.Unknown } request => new($"{request.GetType().Name} {request.HttpRequestError}", request.StatusCode),
        OperationCanceledException { InnerException: TimeoutException } => new("timeout"),
        _ => new(exception.GetType().Name),
    };
}
