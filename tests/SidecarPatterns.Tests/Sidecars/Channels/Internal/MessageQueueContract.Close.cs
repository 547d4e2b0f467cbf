using System.Threading.Channels;

namespace SidecarPatterns.Tests;

internal abstract partial class MessageQueueContract
{
    /// <summary>With no cause, as when a sidecar stops, and with one, as when it fails.</summary>
    protected static readonly Exception?[] Causes = [null, new InvalidDataException("It failed.")];

    [Test]
    public void Close_Twice_SecondIsFalseAndChangesNothing([ValueSource(nameof(Causes))] Exception? cause)
    {
        var queue = Create<int>(4);
        Assert.That(queue.IsClosed, Is.False);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(queue.Close(cause), Is.True);
            Assert.That(queue.Close(new InvalidDataException("Too late.")), Is.False);
            Assert.That(queue.Close(null), Is.False);
            Assert.That(queue.IsClosed, Is.True);
            Assert.That(queue.Cause, Is.SameAs(cause));
            Assert.That(queue.ClosedReason, Is.EqualTo(cause is null ? PublishReason.Stopped : PublishReason.Failed));
        }
    }

    [Test]
    public void Close_EveryOfferAfterwards_IsRefused([ValueSource(nameof(Causes))] Exception? cause, [Values(0, 1, 4)] int waiting)
    {
        var queue = Create<int>(4);
        for (var i = 0; i < waiting; i++)
        {
            queue.TryOffer(i);
        }

        queue.Close(cause);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(queue.TryOffer(7), Is.EqualTo(OfferResult.Closed));
            Assert.That(
                async () => await queue.OfferAsync(8),
                Throws.TypeOf<ChannelClosedException>().With.InnerException.SameAs(cause));
            Assert.That(queue.ReadPosition(), Is.EqualTo(new QueuePosition(waiting, 0, 0)));
            Assert.That(queue.Refusals.ReadRejected(), Is.EqualTo(new Dictionary<PublishReason, long> { [queue.ClosedReason] = 1 }));
        }
    }

    [Test]
    public async Task Close_AskedForRoomAfterwards_IsToldSo([ValueSource(nameof(Causes))] Exception? cause, [Values(0, 4)] int waiting)
    {
        var queue = Create<int>(4);
        for (var i = 0; i < waiting; i++)
        {
            queue.TryOffer(i);
        }

        queue.Close(cause);
        if (cause is null)
        {
            Assert.That(await queue.WaitToOfferAsync(CancellationToken.None), Is.False);
        }
        else
        {
            Assert.That(async () => await queue.WaitToOfferAsync(CancellationToken.None), Throws.Exception.SameAs(cause));
        }
    }

    [Test]
    public async Task Close_MessagesWait_TheyCanStillBeTaken([ValueSource(nameof(Capacities))] int capacity, [ValueSource(nameof(Causes))] Exception? cause)
    {
        var queue = Create<int>(capacity);
        queue.Fill();
        queue.Close(cause);
        Assert.That(await queue.WaitToTakeAsync(), Is.True);
        Assert.That(queue.TakeAll(), Is.EqualTo(Enumerable.Range(0, capacity)));
        for (var i = 0; i < 2; i++)
        {
            var wait = queue.WaitToTakeAsync();
            Assert.That(wait.IsCompleted, Is.True);
            Assert.That(await wait, Is.False);
        }

        Assert.That(queue.ReadPosition(), Is.EqualTo(new QueuePosition(capacity, 0, capacity)));
    }

    [Test, CancelAfter(Patience)]
    public async Task Close_RacingWithOffers_EveryAcceptedOneCanBeTaken(CancellationToken ct)
    {
        MessageQueue<int> queue = null!;
        var accepted = 0;
        await Race.RunAsync(
            100_000,
            prepare: () => (queue, accepted) = (Create<int>(64), 0),
            left: round =>
            {
                var count = 1 + (round % 30);
                while (accepted < count && queue.TryOffer(accepted) == OfferResult.Accepted)
                {
                    accepted++;
                }
            },
            right: round =>
            {
                Thread.SpinWait(round % 20);
                queue.Close(null);
            },
            check: () =>
            {
                Assert.That(queue.ReadPosition(), Is.EqualTo(new QueuePosition(accepted, 0, 0)));
                Assert.That(queue.TakeAll(), Is.EqualTo(Enumerable.Range(0, accepted)));
            },
            ct);
    }

    [Test, CancelAfter(Patience)]
    public async Task Close_RightAfterAnOfferAsTheDispatcherFallsAsleep_TheOfferIsTaken(CancellationToken ct)
    {
        MessageQueue<int> queue = null!;
        var taken = 0;
        await Race.RunAsync(
            100_000,
            prepare: () => (queue, taken) = (Create<int>(4), 0),
            left: round =>
            {
                Thread.SpinWait(round % 8);
                queue.TryOffer(1);
                queue.Close(null);
            },
            right: round =>
            {
                Thread.SpinWait(round / 8 % 8);
                while (WaitToTake(queue, ct))
                {
                    taken += queue.TakeAll().Count;
                }
            },
            check: () => Assert.That(taken, Is.EqualTo(1)),
            ct);
    }

    [Test, CancelAfter(Patience)]
    public async Task Close_AsTheDispatcherFallsAsleep_WakesIt(CancellationToken ct)
    {
        MessageQueue<int> queue = null!;
        await Race.RunAsync(
            100_000,
            prepare: () => queue = Create<int>(4),
            left: _ => queue.Close(null),
            right: round =>
            {
                Thread.SpinWait(round % 8);
                while (WaitToTake(queue, ct))
                {
                    Assert.That(queue.TryTake(out var _), Is.False);
                }
            },
            check: static () => { },
            ct);
    }

    /// <summary>Waits as a thread that has nothing else to do.</summary>
    protected static bool WaitToTake<T>(MessageQueue<T> queue, CancellationToken ct)
    {
        var awaiter = queue.WaitToTakeAsync().ToAwaiter();
        Race.SpinUntil(() => awaiter.IsCompleted, ct);
        return awaiter.GetResult();
    }
}
