namespace SidecarPatterns;

/// <summary>How often a message is attempted, and how long each further attempt waits.</summary>
/// <remarks>
/// Exponential with full jitter: a random time up to a bound that doubles. From Marc Brooker, "Exponential Backoff And Jitter", AWS
/// Architecture Blog, 2015.
/// </remarks>
internal sealed class RetryRule(int maxAttempts, TimeSpan delay, TimeSpan maxDelay)
{
    private const int MaxDoublings = 40;

    public static RetryRule? From(SidecarOptions options) =>
        options.MaxAttempts > 1 ? new RetryRule(options.MaxAttempts, options.RetryDelay, options.MaxRetryDelay) : null;

    public bool HasAttemptsAfter(int attempts) => attempts < maxAttempts;

    public TimeSpan DelayAfter(int attempts)
    {
        var bound = Math.Min(maxDelay.Ticks, delay.Ticks * Math.Pow(2, Math.Min(attempts - 1, MaxDoublings)));
        return TimeSpan.FromTicks((long)(Random.Shared.NextDouble() * bound));
    }
}
