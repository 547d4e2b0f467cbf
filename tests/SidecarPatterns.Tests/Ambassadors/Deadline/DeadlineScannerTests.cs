namespace SidecarPatterns.Tests;

/// <summary>One timer for all attempts of a clock, and scopes that are used again.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class DeadlineScannerTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    [Test]
    public void Of_SameClock_IsTheSame()
    {
        var clock = new TestClock();

        var scanner = DeadlineScanner.Of(clock);

        Assert.That(DeadlineScanner.Of(clock), Is.SameAs(scanner));
        Assert.That(DeadlineScanner.Of(new TestClock()), Is.Not.SameAs(scanner));
    }

    [Test]
    public void Timer_NothingToLookAfter_StopsAndStartsAgain()
    {
        var clock = new TestClock();
        var ticks = new List<TimeSpan>();
        clock.OnArming = ticks.Add;
        var scanner = DeadlineScanner.Of(clock);
        Begin(scanner, Long).Complete();
        Assert.That(ticks[^1], Is.EqualTo(DeadlineScanner.Period));

        clock.Advance(DeadlineScanner.Period * 49);
        Assert.That(ticks[^1], Is.EqualTo(DeadlineScanner.Period), "for a while it waits for the next attempt");
        clock.Advance(DeadlineScanner.Period);
        Assert.That(ticks[^1], Is.EqualTo(Timeout.InfiniteTimeSpan));
        Begin(scanner, Long).Complete();

        Assert.That(ticks[^1], Is.EqualTo(DeadlineScanner.Period));
    }

    [Test]
    public void Timer_AttemptRuns_DoesNotStop()
    {
        var clock = new TestClock();
        var ticks = new List<TimeSpan>();
        clock.OnArming = ticks.Add;
        var scope = Begin(DeadlineScanner.Of(clock), Long);

        clock.Advance(DeadlineScanner.Period * 200);

        Assert.That(ticks[^1], Is.EqualTo(DeadlineScanner.Period));
        scope.Complete();
    }

    [Test]
    public void Timer_AttemptInBetween_WaitsAnewForTheNext()
    {
        var clock = new TestClock();
        var ticks = new List<TimeSpan>();
        clock.OnArming = ticks.Add;
        var scanner = DeadlineScanner.Of(clock);
        Begin(scanner, Long).Complete();
        clock.Advance(DeadlineScanner.Period * 49);
        var scope = Begin(scanner, Long);
        clock.Advance(DeadlineScanner.Period);
        scope.Complete();

        clock.Advance(DeadlineScanner.Period * 49);
        Assert.That(ticks[^1], Is.EqualTo(DeadlineScanner.Period));
        clock.Advance(DeadlineScanner.Period);
        Assert.That(ticks[^1], Is.EqualTo(Timeout.InfiniteTimeSpan));

        Begin(scanner, Long).Complete();
        clock.Advance(DeadlineScanner.Period * 49);
        Assert.That(ticks[^1], Is.EqualTo(DeadlineScanner.Period), "after a stop too");
    }

    [Test]
    public void Timer_AttemptsFollowEachOther_IsNotPutOffByThem()
    {
        var clock = new TestClock();
        var ticks = new List<TimeSpan>();
        clock.OnArming = ticks.Add;
        var scanner = DeadlineScanner.Of(clock);
        Begin(scanner, Long).Complete();
        var armed = ticks.Count;

        for (var i = 0; i < 10; i++)
        {
            Begin(scanner, Long).Complete();
        }

        Assert.That(ticks, Has.Count.EqualTo(armed));
    }

    [Test]
    public void Complete_ThousandsAtOnce_KeepsAFewHundredForTheNext()
    {
        const int Kept = 256; // By each core.
        var scanner = DeadlineScanner.Of(new TestClock());
        var scopes = Enumerable.Range(0, 4 * Kept * Environment.ProcessorCount).Select(_ => Begin(scanner, Long)).ToList();
        scopes.ForEach(static scope => scope.Complete());

        var others = scopes.Select(_ => Begin(scanner, Long)).ToList();

        Assert.That(others.Intersect(scopes).Count(), Is.InRange(1, Kept * Environment.ProcessorCount));
        others.ForEach(static scope => scope.Complete());
    }

    [Test]
    public async Task Rent_AfterACancelledOne_IsNeverThatOne()
    {
        var clock = new TestClock();
        var scanner = DeadlineScanner.Of(clock);
        var cancelled = new HashSet<AttemptScope>();
        for (var i = 0; i < 50; i++)
        {
            var scope = Begin(scanner, TimeSpan.FromSeconds(1));
            Assert.That(cancelled.Contains(scope), Is.False);
            clock.Advance(TimeSpan.FromSeconds(1.1));
            await Eventually.HoldsAsync(() => scope.Token.IsCancellationRequested);
            cancelled.Add(scope);
            scope.Complete();
        }
    }

    [Test]
    public void Complete_TokenIsLent_IsNotUsedAgain()
    {
        var scanner = DeadlineScanner.Of(new TestClock());
        var lent = new HashSet<AttemptScope>();
        for (var i = 0; i < 100; i++)
        {
            var scope = Begin(scanner, Long);
            Assert.That(lent.Add(scope));
            scope.Complete(isLent: true);
        }
    }

    [Test]
    public async Task Stress_ManyThreadsWithTinyAndLongTimes_NoneIsCancelledForAnothersSake()
    {
        var scanner = DeadlineScanner.Of(new SystemClock());
        var (wrong, early, expired) = (0, 0, 0);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(() =>
        {
            var random = new Random(thread);
            for (var i = 0; i < 4_000; i++)
            {
                var kind = random.Next(4);
                using var caller = new CancellationTokenSource();
                var due = kind == 0 ? TimeSpan.FromTicks(random.Next(1, 20_000)) : Long;
                var from = scanner.Clock.GetTimestamp();
                var scope = Begin(scanner, due, kind == 1 ? caller.Token : default);
                if (kind == 1 && random.Next(2) == 0)
                {
                    caller.Cancel();
                }
                else
                {
                    Thread.SpinWait(random.Next(3_000));
                }

                var isCancelled = scope.Token.IsCancellationRequested;
                var passed = scanner.Clock.GetElapsedTime(from);
                scope.Complete();
                Count(ref wrong, isCancelled && kind != 0 && !caller.IsCancellationRequested);
                Count(ref early, isCancelled && kind == 0 && passed < due);
                Count(ref expired, isCancelled && kind == 0);
            }
        }))).InTime();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(wrong, Is.Zero);
            Assert.That(early, Is.Zero);
            TestContext.Out.WriteLine($"{expired} expired");
        }
    }

    private static AttemptScope Begin(DeadlineScanner scanner, TimeSpan due, CancellationToken caller = default)
    {
        var scope = scanner.Rent();
        Assert.That(scope.Token.IsCancellationRequested, Is.False, "it is fresh");
        var now = scanner.Clock.GetTimestamp();
        scope.Begin(now, now + TimeTicks.Of(due, scanner.Clock), TimeTicks.Of(TimeSpan.FromSeconds(1), scanner.Clock), isSuspended: null, caller);
        return scope;
    }

    private static void Count(ref int count, bool condition)
    {
        if (condition)
        {
            Interlocked.Increment(ref count);
        }
    }

    /// <summary>The system's, but with a scanner of its own.</summary>
    private sealed class SystemClock : TimeProvider;
}
