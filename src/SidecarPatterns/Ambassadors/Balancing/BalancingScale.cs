using System.Numerics;

namespace SidecarPatterns;

/// <summary>The options of the balance in the units in which a pick reckons: seconds for costs, a clock's ticks for times. Never changed.</summary>
internal sealed class BalancingScale
{
    private const double StampSeconds = 0.001;

    public BalancingScale(AmbassadorBalancingOptions options, TimeProvider clock)
    {
        Options = options;
        SecondsPerTick = 1.0 / clock.TimestampFrequency;
        StampShift = Math.Max(0, BitOperations.Log2((ulong)Math.Max(1, clock.TimestampFrequency * StampSeconds)));
        DecaysPerStamp = (1L << StampShift) * SecondsPerTick / options.Decay.TotalSeconds;
        FailureTicks = TimeTicks.Of(options.FailureCost, clock);
        SlowStartTicks = TimeTicks.Of(options.SlowStart, clock);
        KeepStateTicks = TimeTicks.Of(options.KeepState, clock);
        LookAgainTicks = TimeTicks.Of(AmbassadorBalancingConstants.LookAgain, clock);
        Clock = clock;
    }

    public AmbassadorBalancingOptions Options { get; }

    public TimeProvider Clock { get; }

    public double SecondsPerTick { get; }

    /// <summary>How many bits of a timestamp are below a millisecond or so: what an estimate remembers of its time is above.</summary>
    public int StampShift { get; }

    /// <summary>The part of the decay that such a unit of time is.</summary>
    public double DecaysPerStamp { get; }

    public long FailureTicks { get; }

    public long SlowStartTicks { get; }

    public long KeepStateTicks { get; }

    public long LookAgainTicks { get; }

    /// <summary>How long an endpoint is spared that asks for less, in ticks.</summary>
    public long SparedTicks(TimeSpan? retryAfter)
    {
        var asked = retryAfter is { } after ? Math.Min(after.Ticks, Options.MaxRetryAfter.Ticks) : 0;
        return asked > Options.FailureCost.Ticks ? TimeTicks.Of(TimeSpan.FromTicks(asked), Clock) : FailureTicks;
    }
}
