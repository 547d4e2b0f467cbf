namespace SidecarPatterns.Tests;

/// <summary>A clock that stands where it is put, and has no timers: for simulations that go through hours in no time.</summary>
internal sealed class ManualClock : TimeProvider
{
    private long _now = TimeSpan.FromDays(100).Ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public long Now
    {
        get => Volatile.Read(ref _now);
        set => Volatile.Write(ref _now, value);
    }

    /// <summary>An endpoint on this clock, without an address, of which nothing is known.</summary>
    public BalancedEndpoint CreateEndpoint(int ordinal = 0) => new(null, ordinal, new EndpointHealth(this, new AmbassadorCircuitBreakerOptions()), this);

    public void Pass(TimeSpan time) => Now += time.Ticks;

    public override long GetTimestamp() => Now;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(Now);
}
