using Microsoft.Extensions.Time.Testing;

namespace SidecarPatterns.Tests;

/// <summary>When an attempt is cancelled, and when it is given up on.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class AttemptScopeTests
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    [TestCase(1)]
    [TestCase(99.9)]
    [TestCase(100)]
    [TestCase(101)]
    [TestCase(119.9)]
    [TestCase(10_000)]
    public async Task Begin_TimePasses_CancelsNeverEarlyAndAtMostAScanLate(double milliseconds)
    {
        var clock = new TestClock();
        var due = TimeSpan.FromMilliseconds(milliseconds);
        var scope = Begin(clock, due);

        clock.Advance(due - TimeSpan.FromTicks(1));
        await DrainPoolAsync();
        Assert.That(scope.Token.IsCancellationRequested, Is.False, "never early");
        clock.Advance(TimeSpan.FromTicks(1) + DeadlineScanner.Period);

        await Eventually.HoldsAsync(() => scope.Token.IsCancellationRequested);
        scope.Complete();
    }

    [Test]
    public async Task Begin_TimersCountWholeMilliseconds_CancelsNeverEarly([Range(0, 9)] int tenth)
    {
        var clock = new CoarseClock();
        var due = TimeSpan.FromMilliseconds(50 + (tenth / 10.0));
        var scope = Begin(clock, due);

        clock.Advance(due - TimeSpan.FromTicks(1));
        await DrainPoolAsync();
        Assert.That(scope.Token.IsCancellationRequested, Is.False);
        clock.Advance(TimeSpan.FromMilliseconds(1));

        await Eventually.HoldsAsync(() => scope.Token.IsCancellationRequested);
        scope.Complete();
    }

    [Test]
    public void Begin_CallerLeaves_CancelsAtOnce()
    {
        var clock = new TestClock();
        using var caller = new CancellationTokenSource();
        var scope = Begin(clock, TimeSpan.FromSeconds(10), caller.Token);

        caller.Cancel();

        Assert.That(scope.Token.IsCancellationRequested);
        scope.Complete();
    }

    [Test]
    public async Task Extend_LaterAndEarlier_IsWhatCounts()
    {
        var clock = new TestClock();
        var scope = Begin(clock, TimeSpan.FromSeconds(10));

        scope.Extend(clock.GetTimestamp() + TimeSpan.FromSeconds(20).Ticks);
        clock.Advance(TimeSpan.FromSeconds(19));
        await DrainPoolAsync();
        Assert.That(scope.Token.IsCancellationRequested, Is.False);
        scope.Extend(clock.GetTimestamp());
        clock.Advance(DeadlineScanner.Period);

        await Eventually.HoldsAsync(() => scope.Token.IsCancellationRequested);
        scope.Complete();
    }

    [Test]
    public async Task EndOf_TaskIgnoresItsCancellation_IsGivenUpOnAfterTheGrace()
    {
        var clock = new TestClock();
        var scope = Begin(clock, TimeSpan.FromSeconds(10));
        var never = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var end = scope.EndOf(never.Task).AsTask();

        clock.Advance(TimeSpan.FromSeconds(10) + DeadlineScanner.Period);
        await Eventually.HoldsAsync(() => scope.Token.IsCancellationRequested);
        clock.Advance(Grace - DeadlineScanner.Period - DeadlineScanner.Period);
        await DrainPoolAsync();
        Assert.That(end.IsCompleted, Is.False);
        clock.Advance(DeadlineScanner.Period * 3);

        await end.InTime();
        Assert.That(scope.IsGivenUp);
        scope.Complete(isLent: true);
        never.SetResult();
    }

    [Test]
    public async Task EndOf_TaskEnds_IsNotGivenUpOn()
    {
        var clock = new TestClock();
        var scope = Begin(clock, TimeSpan.FromSeconds(10));
        var task = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var end = scope.EndOf(task.Task).AsTask();
        Assert.That(end.IsCompleted, Is.False);

        task.SetResult();

        await end.InTime();
        Assert.That(scope.IsGivenUp, Is.False);
        await scope.EndOf(Task.CompletedTask).AsTask().InTime(); // A second wait of the same attempt.
        scope.Complete();
    }

    [Test]
    public async Task EndOf_AnotherTaskAfterwards_IsWaitedForToo()
    {
        var scope = Begin(new TestClock(), TimeSpan.FromSeconds(10));
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var end = scope.EndOf(first.Task).AsTask();
        first.SetResult();
        await end.InTime();

        var second = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        end = scope.EndOf(second.Task).AsTask();
        Assert.That(end.IsCompleted, Is.False);
        second.SetResult();

        await end.InTime();
        scope.Complete();
    }

    [Test]
    public void Complete_CallerLeavesAfterwards_CancelsNoOtherAttempt()
    {
        var clock = new TestClock();
        using var caller = new CancellationTokenSource();
        Several(() => Begin(clock, TimeSpan.FromSeconds(10), caller.Token)).ForEach(static scope => scope.Complete());
        var others = Several(() => Begin(clock, TimeSpan.FromSeconds(10)));

        caller.Cancel();

        Assert.That(others.Select(static scope => scope.Token.IsCancellationRequested), Has.None.True);
        others.ForEach(static scope => scope.Complete());
    }

    [Test]
    public async Task Complete_NextAttemptHasNotBegun_TheTimeOfTheLastIsNotItsOwn()
    {
        var clock = new TestClock();
        Several(() => Begin(clock, TimeSpan.FromSeconds(10))).ForEach(static scope => scope.Complete());
        var others = Several(() => DeadlineScanner.Of(clock).Rent());

        clock.Advance(TimeSpan.FromSeconds(11));
        await DrainPoolAsync();

        Assert.That(others.Select(static scope => scope.Token.IsCancellationRequested), Has.None.True);
        others.ForEach(static scope => scope.Complete());
    }

    [Test]
    public void Begin_TimerIsEarly_IsNotCancelledByIt()
    {
        var clock = new EarlyClock();
        var scope = Begin(clock, TimeSpan.FromMilliseconds(50));

        clock.FireAll();

        Assert.That(scope.Token.IsCancellationRequested, Is.False);
        scope.Complete();
    }

    [Test]
    public void Complete_EndedInTime_IsUsedAgain([Values] bool hasCaller)
    {
        var clock = new TestClock();
        using var caller = new CancellationTokenSource();
        var scopes = Several(() => Begin(clock, TimeSpan.FromSeconds(10), hasCaller ? caller.Token : default));
        scopes.ForEach(static scope => scope.Complete());

        var others = Several(() => DeadlineScanner.Of(clock).Rent());

        Assert.That(others.Intersect(scopes), Is.Not.Empty);
        others.ForEach(static scope => scope.Complete());
    }

    [Test]
    public void Complete_ShortTime_LeavesNoTimerOfItsOwn()
    {
        var clock = new TestClock();
        var scope = Begin(clock, TimeSpan.FromMilliseconds(50));
        Assert.That(clock.Armed, Has.Member(TimeSpan.FromMilliseconds(50)));

        scope.Complete();

        Assert.That(clock.Armed, Has.No.Member(TimeSpan.FromMilliseconds(50)));
    }

    [Test]
    public async Task End_CallbackThrows_HarmsNobody()
    {
        var clock = new TestClock();
        var scope = Begin(clock, TimeSpan.FromSeconds(10));
        using var registration = scope.Token.Register(static () => throw new FormatException("a callback's own failure"));
        var other = Begin(clock, TimeSpan.FromSeconds(10));

        clock.Advance(TimeSpan.FromSeconds(11));

        await Eventually.HoldsAsync(() => scope.Token.IsCancellationRequested && other.Token.IsCancellationRequested);
        scope.Complete();
        other.Complete();
    }

    // So many that what was given back is taken again, whichever stripe it came from.
    private static List<AttemptScope> Several(Func<AttemptScope> make) => [.. Enumerable.Range(0, 20).Select(_ => make())];

    private static AttemptScope Begin(TimeProvider clock, TimeSpan due, CancellationToken caller = default)
    {
        var scope = DeadlineScanner.Of(clock).Rent();
        var now = clock.GetTimestamp();
        scope.Begin(now, now + TimeTicks.Of(due, clock), TimeTicks.Of(Grace, clock), isSuspended: null, caller);
        return scope;
    }

    /// <summary>Waits until what was queued before has run, as far as one can see from outside.</summary>
    private static async Task DrainPoolAsync()
    {
        for (var i = 0; i < 20; i++)
        {
            await Task.Run(static () => { });
        }
    }

    /// <summary>It stands still, and its timers fire when the test says so.</summary>
    private sealed class EarlyClock : FakeTimeProvider
    {
        private readonly List<Action> _timers = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _timers.Add(() => callback(state));
            return base.CreateTimer(callback, state, dueTime, period);
        }

        public void FireAll() => _timers.ToList().ForEach(static fire => fire());
    }

    /// <summary>Its timers drop what is less than a millisecond, as the system's do.</summary>
    private sealed class CoarseClock : FakeTimeProvider
    {
        public override long GetTimestamp() => GetUtcNow().Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, TimeSpan.FromMilliseconds(Math.Truncate(dueTime.TotalMilliseconds)), period);
    }
}
