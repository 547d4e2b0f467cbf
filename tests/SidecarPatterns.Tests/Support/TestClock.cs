using System.Runtime.CompilerServices;
using Microsoft.Extensions.Time.Testing;

namespace SidecarPatterns.Tests;

/// <summary>
/// A fake clock that shows the timers which are armed on it. Advancing does not await what it sets off; so a test first waits until the timer it
/// means is there, and then advances by exactly what is left of it.
/// </summary>
internal sealed class TestClock : FakeTimeProvider
{
    private readonly List<TrackedTimer> _armed = [];
    private TimeSpan _wallOffset;
    private Action? _onNextRead;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _wallOffset;

    // Not what the base does: it takes the time stamp from the wall clock.
    public override long GetTimestamp()
    {
        Interlocked.Exchange(ref _onNextRead, null)?.Invoke();
        return base.GetUtcNow().Ticks;
    }

    /// <summary>Has something happen just when the time is read next.</summary>
    public void OnNextRead(Action action) => _onNextRead = action;

    /// <summary>Sets the wall clock forward or back, as an administrator or a time server does; no time passes.</summary>
    public void JumpWallClock(TimeSpan by) => _wallOffset += by;

    /// <summary>Told of each timer that is about to be armed, and when it is to be due; time may pass in it.</summary>
    public Action<TimeSpan>? OnArming { get; set; }

    /// <summary>What is left of each timer that is armed, shortest first.</summary>
    public IReadOnlyList<TimeSpan> Armed
    {
        get
        {
            lock (_armed)
            {
                return [.. _armed.Select(timer => TimeSpan.FromTicks(timer.DueAt - GetTimestamp())).Order()];
            }
        }
    }

    /// <summary>Waits until a timer is armed that is due in a given time.</summary>
    public Task ArmedAsync(TimeSpan due) =>
        Eventually.HoldsAsync(() => Armed.Contains(due), $"a timer is due in {due}");

    /// <summary>Waits until a timer is armed that is due between two times, and returns when that is.</summary>
    public async Task<TimeSpan> ArmedAsync(TimeSpan atLeast, TimeSpan atMost)
    {
        TimeSpan? found = null;
        await Eventually.HoldsAsync(() => (found = Find()) is not null, $"a timer is due in {atLeast} to {atMost}");
        return found!.Value;

        TimeSpan? Find() => Armed.Where(due => due >= atLeast && due <= atMost).Select(static due => (TimeSpan?)due).FirstOrDefault();
    }

    /// <summary>Waits until no timer is armed: the waits of .NET dispose of theirs only after those who waited have gone on.</summary>
    public Task NothingArmedAsync() => Eventually.HoldsAsync(() => Armed.Count == 0, "no timer is left");

    /// <summary>Waits for a timer that is due in a given time, and lets that time pass.</summary>
    public async Task PassAsync(TimeSpan due)
    {
        await ArmedAsync(due);
        await AdvanceAsync(due);
    }

    /// <summary>Waits until a sidecar waits for its first restart, a second give or take a fifth, and lets that time pass.</summary>
    public async Task PassFirstRestartDelayAsync() => await AdvanceAsync(await ArmedAsync(TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(1.2)));

    /// <summary>Lets time pass on another thread: what it sets off may block the thread that it runs on.</summary>
    public Task AdvanceAsync(TimeSpan delta) => Task.Run(() => Advance(delta)).InTime();

    /// <summary>Lets time pass step by step until a condition holds.</summary>
    public async Task AdvanceUntilAsync(
        TimeSpan step, Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        await Eventually.HoldsAsync(
            () =>
            {
                if (condition())
                {
                    return true;
                }

                Advance(step);
                return false;
            },
            what);
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new TrackedTimer(this, callback, state);
        timer.Begin(base.CreateTimer(TrackedTimer.Callback, timer, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan), dueTime, period);
        return timer;
    }

    private sealed class TrackedTimer(TestClock clock, TimerCallback callback, object? state) : ITimer
    {
        public static readonly TimerCallback Callback = static timer => ((TrackedTimer)timer!).OnDue();

        private ITimer _inner = null!;
        private TimeSpan _period;

        /// <summary>Guarded by the clock's list.</summary>
        public long DueAt { get; private set; }

        public void Begin(ITimer inner, TimeSpan dueTime, TimeSpan period)
        {
            _inner = inner;
            Change(dueTime, period);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            clock.OnArming?.Invoke(dueTime);
            var dueAt = clock.GetTimestamp() + dueTime.Ticks;
            lock (clock._armed)
            {
                _period = period;
                clock._armed.Remove(this);
            }

            // Shown only once it really is armed: a test that sees it lets the time pass at once.
            var changed = _inner.Change(dueTime, period);
            Arm(dueTime, dueAt);
            return changed;
        }

        public void Dispose()
        {
            Disarm();
            _inner.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Disarm();
            return _inner.DisposeAsync();
        }

        private void OnDue()
        {
            Arm(_period, clock.GetTimestamp() + _period.Ticks);
            callback(state);
        }

        private void Arm(TimeSpan due, long dueAt)
        {
            lock (clock._armed)
            {
                clock._armed.Remove(this);
                // The watchdog's and the scanner's are there whenever handlers or servers are called, and no test means them.
                if (state is not (SidecarWatchdog or DeadlineScanner) && due > TimeSpan.Zero && dueAt > clock.GetTimestamp())
                {
                    DueAt = dueAt;
                    clock._armed.Add(this);
                }
            }
        }

        private void Disarm()
        {
            lock (clock._armed)
            {
                clock._armed.Remove(this);
            }
        }
    }
}
