namespace SidecarPatterns;

/// <summary>What an ambassador tries again, when, and how often.</summary>
/// <remarks>
/// Tried again is what may safely be sent twice: GET, HEAD, OPTIONS, TRACE, PUT and DELETE, any request with an <c>Idempotency-Key</c> header or with
/// <see cref="AmbassadorRequestOptions.Idempotent"/>, and any request that never left. The wait is a random part of its bound ("full jitter", as in
/// "Exponential Backoff And Jitter" of the AWS Architecture Blog).
/// </remarks>
public sealed class AmbassadorRetryOptions
{
    /// <summary>How many attempts a call may have, the first one included.</summary>
    /// <value>3 by default; from 1, for no retry, to 100. A request can have its own: <see cref="AmbassadorRequestOptions.MaxAttempts"/>.</value>
    public int MaxAttempts { get; set; } = AmbassadorRetryConstants.MaxAttempts;

    /// <summary>The bound of the wait before the second attempt, doubled for each further one.</summary>
    /// <value>50 ms by default; from zero to <see cref="MaxDelay"/>.</value>
    public TimeSpan Delay { get; set; } = AmbassadorRetryConstants.Delay;

    /// <summary>The bound of the wait before the second attempt, doubled for each further one, where the server asks for less.</summary>
    /// <value>1 s by default; from zero to <see cref="MaxDelay"/>.</value>
    public TimeSpan ThrottledDelay { get; set; } = AmbassadorRetryConstants.ThrottledDelay;

    /// <summary>The bound that those bounds do not pass.</summary>
    /// <value>5 s by default; from zero to 49 days.</value>
    public TimeSpan MaxDelay { get; set; } = AmbassadorRetryConstants.MaxDelay;

    /// <summary>The longest <c>Retry-After</c> that is believed; the response of a longer one is returned at once.</summary>
    /// <value>1 h by default; from zero to 49 days.</value>
    public TimeSpan MaxRetryAfter { get; set; } = AmbassadorRetryConstants.MaxRetryAfter;

    /// <summary>The part of a <c>Retry-After</c> up to which the wait is longer by chance, so that not all clients come back at once.</summary>
    /// <value>0.1 by default; from 0 to 1. Never more than <see cref="MaxRetryAfterJitter"/>.</value>
    public double RetryAfterJitter { get; set; } = AmbassadorRetryConstants.RetryAfterJitter;

    /// <summary>By how much a wait is longer than <c>Retry-After</c>, at most.</summary>
    /// <value>1 s by default; from zero to 49 days.</value>
    public TimeSpan MaxRetryAfterJitter { get; set; } = AmbassadorRetryConstants.MaxRetryAfterJitter;

    /// <summary>Whether a 429 has any request sent again that can be, be it idempotent or not.</summary>
    /// <value><see langword="false"/> by default.</value>
    public bool RetryThrottledUnsafeMethods { get; set; }

    /// <summary>
    /// Whether a call whose method is not idempotent is given an <c>Idempotency-Key</c>, one for all its attempts, so that it may be retried.
    /// </summary>
    /// <value><see langword="false"/> by default. The server has to know the header. A key that the caller has set stays.</value>
    public bool AddIdempotencyKey { get; set; }
}
