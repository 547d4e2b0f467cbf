using Microsoft.Extensions.Time.Testing;

namespace SidecarPatterns.Tests;

/// <summary>Timers that fire just as a call ends: the next call is not theirs.</summary>
internal sealed class CallTimeoutTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Grace = SidecarConstants.AbandonGrace;

    [Test]
    public void OnTimer_TheNextCallBeginsAsItFires_LeavesThatCallAlone()
    {
        var clock = new HookedClock();
        using var timeout = new CallTimeout(Limit, clock, static _ => Assert.Fail("given up on"), CancellationToken.None);
        timeout.Begin();
        CancellationToken next = default;
        clock.OnNextTimestamp = () =>
        {
            timeout.End();
            next = timeout.Begin();
        };

        clock.Advance(Limit);

        Assert.That(next.IsCancellationRequested, Is.False);
        Assert.That(timeout.End(), Is.EqualTo(CallEnd.InTime));
    }

    [Test]
    public void OnTimer_TheNextCallBeginsAsTheGraceEnds_LeavesThatCallAlone()
    {
        var clock = new HookedClock();
        using var timeout = new CallTimeout(Limit, clock, static _ => Assert.Fail("given up on"), CancellationToken.None);
        timeout.Begin();
        clock.Advance(Limit);
        CancellationToken next = default;
        clock.OnNextTimestamp = () =>
        {
            timeout.End();
            next = timeout.Begin();
        };

        clock.Advance(Grace);

        Assert.That(next.IsCancellationRequested, Is.False);
        Assert.That(timeout.End(), Is.EqualTo(CallEnd.InTime));
    }

    [Test]
    public void OnTimer_FiresEarly_StillCancelsInTime()
    {
        var clock = new HookedClock();
        using var timeout = new CallTimeout(Limit, clock, static _ => Assert.Fail("given up on"), CancellationToken.None);
        timeout.Begin();
        clock.Advance(Limit);
        Assert.That(timeout.End(), Is.EqualTo(CallEnd.TimedOut));
        var next = timeout.Begin();
        clock.FireEarly();

        clock.Advance(Limit - TimeSpan.FromTicks(1));
        Assert.That(next.IsCancellationRequested, Is.False);
        clock.Advance(TimeSpan.FromTicks(1));

        Assert.That(timeout.End(), Is.EqualTo(CallEnd.TimedOut));
    }

    [Test]
    public void End_OfACallThatIsJustBeingGivenUpOn_SaysSo()
    {
        var clock = new HookedClock();
        CallEnd? end = null;
        CallTimeout? timeout = null;
        using var made = timeout = new CallTimeout(Limit, clock, _ => end = timeout!.End(), CancellationToken.None);
        timeout.Begin();

        clock.Advance(Limit);
        clock.Advance(Grace);

        Assert.That(end, Is.EqualTo(CallEnd.GivenUp));
    }

    [Test]
    public void OnTimer_TheCallIgnoresItsToken_IsGivenUpOnOnceAndSaysWhy()
    {
        var clock = new HookedClock();
        var given = new List<TimeoutException>();
        using var timeout = new CallTimeout(Limit, clock, given.Add, CancellationToken.None);
        timeout.Begin();

        clock.Advance(Limit + Grace);
        clock.Advance(Limit + Grace);

        Assert.That(given.Select(static exception => exception.Message), Is.EqualTo(
            ["The handler took longer than HandlerTimeout (00:00:03) and ignored the cancellation of its token."]));
        Assert.That(timeout.End(), Is.EqualTo(CallEnd.GivenUp));
    }

    /// <summary>A clock that lets something happen when it is next looked at, and whose timers can be made to fire too early.</summary>
    private sealed class HookedClock : FakeTimeProvider
    {
        private Action? _fireEarly;

        public Action? OnNextTimestamp { get; set; }

        public void FireEarly() => _fireEarly?.Invoke();

        public override long GetTimestamp()
        {
            var (hook, _) = (OnNextTimestamp, OnNextTimestamp = null);
            hook?.Invoke();
            return base.GetTimestamp();
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            _fireEarly += () =>
            {
                timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                callback(state);
            };
            return timer;
        }
    }
}
