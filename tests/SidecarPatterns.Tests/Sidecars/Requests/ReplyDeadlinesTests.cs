using Microsoft.Extensions.Time.Testing;

namespace SidecarPatterns.Tests;

/// <summary>Callers stand on pages: many of them, most of whom are answered, and few who have to be told.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class ReplyDeadlinesTests
{
    private const int Requests = 10_000;

    private static readonly TimeSpan ReplyTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(1);

    private readonly FakeTimeProvider _clock = new();

    [Test]
    public void Add_FewOfManyAreNotAnswered_EachOfThemIsToldAtItsTime([Values(1, 31, 32, 33, 997, Requests)] int nth)
    {
        var deadlines = new ReplyDeadlines<int, int>(ReplyTimeout, _clock, static () => new TimeoutException());
        var waiting = new Queue<Request<int, int>>();
        for (var i = 0; i < Requests; i++)
        {
            var request = Await(deadlines, i);
            if (i % nth == 0)
            {
                waiting.Enqueue(request);
            }
            else
            {
                request.Answer();
            }

            _clock.Advance(Step);
        }

        _clock.Advance(ReplyTimeout - (Requests * Step) - TimeSpan.FromTicks(1));
        for (var i = 0; i < Requests; i += nth)
        {
            Assert.That(waiting.Peek().Task.IsCompleted, Is.False);
            _clock.Advance(TimeSpan.FromTicks(1));
            Assert.That(waiting.Dequeue().Task.Exception?.InnerException, Is.TypeOf<TimeoutException>());
            _clock.Advance((nth * Step) - TimeSpan.FromTicks(1));
        }
    }

    [Test]
    public void Add_AllWhoCameBeforeAreAnswered_TheNextIsToldInTime([Values(31, 32, 33, 64, 65)] int before)
    {
        var deadlines = new ReplyDeadlines<int, int>(ReplyTimeout, _clock, static () => new TimeoutException());
        for (var i = 0; i < before; i++)
        {
            Await(deadlines, i).Answer();
        }

        var next = Await(deadlines, before);

        _clock.Advance(ReplyTimeout - TimeSpan.FromTicks(1));
        Assert.That(next.Task.IsCompleted, Is.False);
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.That(next.Task.IsFaulted, Is.True);
    }

    [Test]
    public void Add_FewStayAndOthersAreAnsweredLater_ThePlacesOfThoseDoNotPileUp()
    {
        const int Later = 1_000;
        var deadlines = new ReplyDeadlines<int, int>(ReplyTimeout, _clock, static () => new TimeoutException());
        var stays = Await(deadlines, 0);
        var waiting = new Queue<Request<int, int>>();
        AskAndAnswer(Later);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        AskAndAnswer(64 * Requests);

        Assert.That(GC.GetTotalMemory(forceFullCollection: true) - before, Is.LessThan(Requests * 100), "bytes");
        _clock.Advance(ReplyTimeout);
        Assert.That(waiting.Append(stays), Has.All.Property(nameof(stays.Task)).Property(nameof(Task.IsFaulted)).True);

        void AskAndAnswer(int requests)
        {
            for (var i = 0; i < requests; i++)
            {
                waiting.Enqueue(Await(deadlines, i));
                if (waiting.Count > Later)
                {
                    waiting.Dequeue().Answer();
                }
            }
        }
    }

    [Test]
    public void Add_JustWhenTheLastIsTold_IsToldInTimeToo()
    {
        Request<int, int>? second = null;
        ReplyDeadlines<int, int> deadlines = null!;
        deadlines = new ReplyDeadlines<int, int>(ReplyTimeout, _clock, () =>
        {
            second ??= Await(deadlines, 2);
            return new TimeoutException();
        });
        var first = Await(deadlines, 1);
        _clock.Advance(ReplyTimeout);
        Assert.That(first.Task.IsFaulted, Is.True);

        _clock.Advance(ReplyTimeout / 2);
        var third = Await(deadlines, 3);
        _clock.Advance(ReplyTimeout / 2);

        Assert.That(second!.Task.IsFaulted, Is.True);
        Assert.That(third.Task.IsCompleted, Is.False);
        _clock.Advance(ReplyTimeout / 2);
        Assert.That(third.Task.IsFaulted, Is.True);
    }

    [TestCase(1, 10_000, Description = "a millisecond: a timer that is set to less is due at once")]
    [TestCase(9_999, 10_000)]
    [TestCase(10_001, 10_001)]
    [TestCase(10_000_000, 10_000_000)]
    public void Timer_OneIsToldAndAnotherWaits_IsSetToWhatIsLeftForThatOne(int ticks, int expected)
    {
        var clock = new TestClock();
        var deadlines = new ReplyDeadlines<int, int>(ReplyTimeout, clock, static () => new TimeoutException());
        var first = Await(deadlines, 1);
        clock.Advance(TimeSpan.FromTicks(ticks));
        var second = Await(deadlines, 2);

        clock.Advance(ReplyTimeout - TimeSpan.FromTicks(ticks));

        Assert.That(first.Task.IsFaulted, Is.True);
        Assert.That(clock.Armed, Is.EqualTo([TimeSpan.FromTicks(expected)]));
        clock.Advance(TimeSpan.FromTicks(expected));
        Assert.That(second.Task.IsFaulted, Is.True);
        Assert.That(clock.Armed, Is.Empty);
    }

    [Test]
    public void Timer_RunsOutWithNobodyWaiting_IsSetAgainForTheNextAndNotMadeAnew()
    {
        var clock = new CountingClock();
        var deadlines = new ReplyDeadlines<int, int>(ReplyTimeout, clock, static () => new TimeoutException());
        for (var i = 0; i < 3; i++)
        {
            Await(deadlines, i).Answer();
            clock.Advance(ReplyTimeout);
            var request = Await(deadlines, i);
            clock.Advance(ReplyTimeout);
            Assert.That(request.Task.IsFaulted, Is.True);
        }

        Assert.That(clock.Timers, Is.EqualTo(1));
    }

    [Test]
    public async Task Add_OnTheSystemClock_NobodyIsToldTooEarlyBecauseAnotherIs()
    {
        var timeout = TimeSpan.FromMilliseconds(30);
        var deadlines = new ReplyDeadlines<int, int>(timeout, TimeProvider.System, static () => new TimeoutException());
        var waits = new List<Task<TimeSpan>>();
        do
        {
            waits.Add(WaitAsync());
            await Task.Yield();
        }
        while (!waits[0].IsCompleted);

        Assert.That((await Task.WhenAll(waits).InTime()).Min(), Is.GreaterThanOrEqualTo(timeout));

        async Task<TimeSpan> WaitAsync()
        {
            var startedAt = TimeProvider.System.GetTimestamp();
            await ((Task)Await(deadlines, 1).Task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return TimeProvider.System.GetElapsedTime(startedAt);
        }
    }

    [Test]
    public async Task Add_FromManyThreadsWhileOthersAnswer_WhoeverIsNotAnsweredIsTold()
    {
        const int Threads = 4;
        var deadlines = new ReplyDeadlines<int, int>(ReplyTimeout, _clock, static () => new TimeoutException());
        var all = await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Run(() =>
        {
            var mine = new List<Request<int, int>>();
            for (var i = 0; i < Requests; i++)
            {
                var request = new Request<int, int>(i, isAwaited: true);
                if (i % 3 == 0)
                {
                    request.Answer(); // Before it begins to wait.
                }

                request.Await(deadlines, CancellationToken.None);
                if (i % 3 == 1)
                {
                    ThreadPool.UnsafeQueueUserWorkItem(static asked => asked.Answer(), request, preferLocal: false);
                }

                mine.Add(request);
            }

            return mine;
        })));
        foreach (var request in all.SelectMany(static mine => mine).Where(static request => request.Content % 3 != 2))
        {
            Assert.That(await request.Task.InTime(), Is.Zero);
        }

        _clock.Advance(ReplyTimeout);

        Assert.That(
            all.SelectMany(static mine => mine).Where(static request => request.Content % 3 == 2),
            Has.All.Property(nameof(Request<int, int>.Task)).Property(nameof(Task.IsFaulted)).True);
    }

    private static Request<int, int> Await(ReplyDeadlines<int, int> deadlines, int content)
    {
        var request = new Request<int, int>(content, isAwaited: true);
        request.Await(deadlines, CancellationToken.None);
        return request;
    }

    private sealed class CountingClock : FakeTimeProvider
    {
        public int Timers { get; private set; }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Timers++;
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}
