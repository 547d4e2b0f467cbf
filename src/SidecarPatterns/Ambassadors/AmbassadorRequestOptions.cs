namespace SidecarPatterns;

/// <summary>What a single request can have of its own, as <see cref="HttpRequestMessage.Options"/>.</summary>
/// <remarks>
/// The keys are of the framework's own types, so that an application need not name this class:
/// <c>request.Options.Set(new HttpRequestOptionsKey&lt;TimeSpan&gt;("Ambassador.Timeout"), TimeSpan.FromMinutes(5))</c>. A value that is not allowed fails the
/// call with an <see cref="InvalidOperationException"/> before anything is sent.
/// </remarks>
public static class AmbassadorRequestOptions
{
    /// <summary><c>Ambassador.Timeout</c>: replaces <see cref="AmbassadorOptions.Timeout"/>, longer or shorter. More than zero, at most 49 days.</summary>
    public static HttpRequestOptionsKey<TimeSpan> Timeout { get; } = new("Ambassador.Timeout");

    /// <summary><c>Ambassador.AttemptTimeout</c>: replaces <see cref="AmbassadorOptions.AttemptTimeout"/>. More than zero, at most 49 days.</summary>
    public static HttpRequestOptionsKey<TimeSpan> AttemptTimeout { get; } = new("Ambassador.AttemptTimeout");

    /// <summary><c>Ambassador.MaxAttempts</c>: replaces <see cref="AmbassadorRetryOptions.MaxAttempts"/>. From 1 to 100.</summary>
    public static HttpRequestOptionsKey<int> MaxAttempts { get; } = new("Ambassador.MaxAttempts");

    /// <summary><c>Ambassador.Idempotent</c>: whether the request may safely be sent twice, whatever its method says.</summary>
    public static HttpRequestOptionsKey<bool> Idempotent { get; } = new("Ambassador.Idempotent");

    /// <summary><c>Ambassador.BodyIdleTimeout</c>: replaces <see cref="AmbassadorContentOptions.BodyIdleTimeout"/>. More than zero, at most 49 days.</summary>
    public static HttpRequestOptionsKey<TimeSpan> BodyIdleTimeout { get; } = new("Ambassador.BodyIdleTimeout");

    /// <summary>
    /// <c>Ambassador.HedgeDelay</c>: after how long a second request is sent, whatever attempts usually take, where
    /// <see cref="AmbassadorHedgingOptions.Enabled"/> is set. More than zero, at most 49 days.
    /// </summary>
    public static HttpRequestOptionsKey<TimeSpan> HedgeDelay { get; } = new("Ambassador.HedgeDelay");
}
