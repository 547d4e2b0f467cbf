namespace SidecarPatterns;

/// <summary>After how long an attempt takes longer than nearly all do. Thread-safe.</summary>
internal sealed class HedgeDelay(TimeProvider clock)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(100);

    private Reading? _last;

    /// <summary>What attempts took.</summary>
    public LatencyQuantiles Latencies { get; } = new(clock);

    /// <summary>An attempt took this long, in ticks of the clock: it succeeded, its time was over, or it was overtaken.</summary>
    public void Record(long ticks) => Latencies.Record(ticks);

    /// <summary>After how long a second request is sent; <see langword="null"/> for none.</summary>
    public TimeSpan? Next(AmbassadorHedgingOptions options, long now)
    {
        var learnt = Read(options, now).Value ?? options.Delay;
        return learnt < options.MinDelay ? options.MinDelay : learnt;
    }

    // Worked out a few times a second, not for each call.
    private Reading Read(AmbassadorHedgingOptions options, long now)
    {
        if (Volatile.Read(ref _last) is { } last && last.Options == options && clock.GetElapsedTime(last.At, now) < Fresh)
        {
            return last;
        }

        var reading = new Reading(options, now, Latencies.Quantile(options.Quantile, options.MinimumSamples));
        Volatile.Write(ref _last, reading);
        return reading;
    }

    private sealed record Reading(AmbassadorHedgingOptions Options, long At, TimeSpan? Value);
}
