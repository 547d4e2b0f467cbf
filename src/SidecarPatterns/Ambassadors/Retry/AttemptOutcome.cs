using System.Globalization;

namespace SidecarPatterns;

/// <summary>How one attempt ended: with a response or with an exception, and what that means.</summary>
internal readonly struct AttemptOutcome
{
    private AttemptOutcome(AttemptClass attemptClass, HttpResponseMessage? response, Exception? exception)
    {
        Class = attemptClass;
        Response = response;
        Exception = exception;
    }

    public AttemptClass Class { get; }

    public HttpResponseMessage? Response { get; }

    public Exception? Exception { get; }

    /// <summary>Whether the response's body is in memory: then it holds no connection, and may be kept while another attempt is made.</summary>
    public bool IsRead { get; init; }

    /// <summary>Whether the attempt's time was over.</summary>
    public bool IsTimeout { get; init; }

    /// <summary>Whether all of the call's time was over.</summary>
    public bool IsTotalTimeout { get; init; }

    /// <summary>Whether the attempt ignored its cancellation, and goes on by itself.</summary>
    public bool IsOrphan { get; init; }

    /// <summary>How long the server asks to wait; <see langword="null"/> where it does not.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>What it says about the endpoint's health.</summary>
    public HealthEffect Effect => Class switch
    {
        AttemptClass.Success => HealthEffect.Success,
        AttemptClass.Unsent when AttemptClassifier.IsRefusedLocally(Exception) => HealthEffect.Neutral,
        AttemptClass.Unsent or AttemptClass.Unknown or AttemptClass.Failed => HealthEffect.Failure,
        AttemptClass.Throttled when Response is { StatusCode: System.Net.HttpStatusCode.ServiceUnavailable } => HealthEffect.Failure,
        AttemptClass.Fatal when Exception is { } exception && AttemptClassifier.BlamesEndpoint(exception) => HealthEffect.Failure,
        _ => HealthEffect.Neutral,
    };

    public static AttemptOutcome Of(HttpResponseMessage response, bool isRead, TimeSpan? retryAfter) =>
        new(AttemptClassifier.ClassOf(response), response, exception: null) { IsRead = isRead, RetryAfter = retryAfter };

    public static AttemptOutcome Of(AttemptClass attemptClass, Exception exception) => new(attemptClass, response: null, exception);

    /// <summary>What it was, without anything that comes from the content of a message.</summary>
    public string Describe() => Response is { } response ? ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture)
        : IsTotalTimeout ? "timeout"
        : IsTimeout ? "attempt timeout"
        : Exception is HttpRequestException { HttpRequestError: not HttpRequestError.Unknown } request ? request.HttpRequestError.ToString()
        : Exception!.GetType().Name;
}
