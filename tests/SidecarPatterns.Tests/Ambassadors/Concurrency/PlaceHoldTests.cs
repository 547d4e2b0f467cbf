using System.Threading.RateLimiting;

namespace SidecarPatterns.Tests;

/// <summary>A place is given back once, and its timer goes with it.</summary>
[TestFixture]
internal sealed class PlaceHoldTests
{
    [Test]
    public async Task Release_TimerIsDueJustThen_NobodyIsToldThatItWasAbandoned()
    {
        await using var limiter = LimiterOfOne();
        var clock = new LateClock();
        var abandoned = 0;
        var hold = new PlaceHold(limiter.AttemptAcquire(), clock, TimeSpan.FromSeconds(1), () => abandoned++);

        hold.Release();
        clock.Fire(); // It was on its way when its timer was disposed of.

        Assert.That((abandoned, limiter.GetStatistics()!.CurrentAvailablePermits), Is.EqualTo((0, 1)));
    }

    [Test]
    public async Task Release_LeavesNoTimer()
    {
        await using var limiter = LimiterOfOne();
        var clock = new LateClock();
        var hold = new PlaceHold(limiter.AttemptAcquire(), clock, TimeSpan.FromSeconds(1), static () => { });
        Assert.That(clock.IsTimerDisposed, Is.False);

        hold.Release();

        Assert.That(clock.IsTimerDisposed);
    }

    private static ConcurrencyLimiter LimiterOfOne() => new(new ConcurrencyLimiterOptions { PermitLimit = 1 });

    /// <summary>A clock that stands still long after its timer was due, and fires it when the test says so.</summary>
    private sealed class LateClock : TimeProvider
    {
        private Action _fire = static () => { };
        private long _now;

        public bool IsTimerDisposed { get; private set; }

        public override long GetTimestamp() => _now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _fire = () => callback(state);
            return new Timer(this);
        }

        public void Fire()
        {
            _now += TimestampFrequency * 60;
            _fire();
        }

        private sealed class Timer(LateClock clock) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose() => clock.IsTimerDisposed = true;

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
