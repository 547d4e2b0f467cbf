namespace SidecarPatterns;

/// <summary>How long to wait before another attempt.</summary>
/// <remarks>Source: "full jitter" of "Exponential Backoff And Jitter", AWS Architecture Blog.</remarks>
internal static class RetryDelay
{
    // Twice as often would not fit into a duration, whatever it is.
    private const int MaxDoublings = 62;

    /// <summary>A random part of a bound that doubles with each retry, but not shorter than the server asks for.</summary>
    /// <param name="first">The bound before the first retry.</param>
    /// <param name="max">The bound that those bounds do not pass.</param>
    /// <param name="retries">How many retries there were.</param>
    /// <param name="retryAfter">What the server asks for; not heeded where it is longer than is believed, which is for the caller to judge.</param>
    /// <param name="options">By how much the wait may be longer than that.</param>
    /// <param name="random">The chance; for tests.</param>
    public static TimeSpan Next(
        TimeSpan first, TimeSpan max, int retries, TimeSpan? retryAfter, AmbassadorRetryOptions options, Random? random = null)
    {
        random ??= Random.Shared;
        var delay = Jittered(first, max, retries, random);
        if (retryAfter is not { } asked || asked < TimeSpan.Zero || asked > options.MaxRetryAfter)
        {
            return delay;
        }

        var jitter = Math.Min(asked.Ticks * options.RetryAfterJitter, options.MaxRetryAfterJitter.Ticks);
        return (delay > asked ? delay : asked) + TimeSpan.FromTicks((long)(random.NextDouble() * jitter));
    }

    private static TimeSpan Jittered(TimeSpan first, TimeSpan max, int retries, Random random)
    {
        var bound = Math.Min(first.Ticks * Math.Pow(2, Math.Min(retries, MaxDoublings)), max.Ticks);
        return TimeSpan.FromTicks((long)(random.NextDouble() * bound));
    }
}
