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
            var request = new Request<int, int>(i, isAwaited: true);
            request.Await(deadlines, CancellationToken.None);
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
}
