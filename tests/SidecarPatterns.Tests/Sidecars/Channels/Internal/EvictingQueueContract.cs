using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;

namespace SidecarPatterns.Tests;

/// <summary>What a queue promises that makes room for what is offered.</summary>
internal abstract class EvictingQueueContract(BoundedChannelFullMode mode) : MessageQueueContract
{
    protected sealed override bool Evicts => true;

    protected BoundedChannelFullMode Mode => mode;

    private bool EvictsOldest => mode == BoundedChannelFullMode.DropOldest;

    protected static DropCallback<T> Callback<T>(Action<T>? onEvicted) =>
        new("audit", onEvicted is null ? null : arguments => onEvicted(arguments.Message), NullLogger.Instance);

    protected sealed override int Evict(List<int> waiting)
    {
        var index = EvictsOldest ? 0 : waiting.Count - 1;
        var evicted = waiting[index];
        waiting.RemoveAt(index);
        return evicted;
    }

    [Test]
    public void TryOffer_Full_EvictsOneAndAcceptsAnother([ValueSource(nameof(Capacities))] int capacity)
    {
        const int Extra = 40;
        var evicted = new List<int>();
        var queue = Create<int>(capacity, evicted.Add);
        queue.Fill();
        for (var i = 0; i < Extra; i++)
        {
            Assert.That(queue.TryOffer(capacity + i), Is.EqualTo(OfferResult.Accepted));
            Assert.That(evicted, Has.Count.EqualTo(i + 1));
            Assert.That(queue.ReadPosition(), Is.EqualTo(new QueuePosition(capacity + i + 1, i + 1, 0)));
        }

        var all = Enumerable.Range(0, capacity + Extra).ToArray();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(evicted, Is.EqualTo(EvictsOldest ? all[..Extra] : all[(capacity - 1)..^1]));
            Assert.That(queue.TakeAll(), Is.EqualTo(EvictsOldest ? all[Extra..] : [.. all[..(capacity - 1)], all[^1]]));
            Assert.That(queue.Refusals.ReadRejected(), Is.Empty);
            Assert.That(queue.Refusals.ReadDropped(), Is.Empty);
        }
    }

    [Test]
    public void TryOfferWithoutEvicting_Full_RefusesUntilAMessageIsTaken([Values(1, 16)] int capacity)
    {
        var evicted = new List<int>();
        var queue = Create<int>(capacity, evicted.Add);
        queue.Fill();

        Assert.That(OfferWithoutEvicting(capacity), Is.EqualTo(OfferResult.Full));
        Assert.That(queue.ReadPosition(), Is.EqualTo(new QueuePosition(capacity, 0, 0)));

        Assert.That(queue.TryTake(out _));
        Assert.That(OfferWithoutEvicting(capacity), Is.EqualTo(OfferResult.Accepted));
        Assert.That(queue.TakeAll(), Is.EqualTo(Enumerable.Range(1, capacity)));
        Assert.That(evicted, Is.Empty);

        queue.Close(cause: null);
        Assert.That(OfferWithoutEvicting(0), Is.EqualTo(OfferResult.Closed));

        OfferResult OfferWithoutEvicting(int message) => queue.TryOfferWithoutEvicting(message, queue.Measure(message), default);
    }

    [Test]
    public async Task OfferAsync_Full_EvictsAndNeverWaits([Values(1, 16)] int capacity)
    {
        var evicted = new List<int>();
        var queue = Create<int>(capacity, evicted.Add);
        queue.Fill();
        Assert.That(queue.IsFull, Is.False, "There is always room for another one.");
        var ask = queue.WaitToOfferAsync(CancellationToken.None);
        Assert.That(ask.IsCompleted, Is.True);
        Assert.That(await ask, Is.True);
        var offer = queue.OfferAsync(capacity);
        Assert.That(offer.IsCompletedSuccessfully, Is.True);
        await offer;
        Assert.That(evicted, Is.EqualTo(new[] { EvictsOldest ? 0 : capacity - 1 }));
    }

    [Test]
    public void TryOffer_ClosedWhileFull_EvictsNothing()
    {
        var evicted = new List<int>();
        var queue = Create<int>(2, evicted.Add);
        queue.Fill();
        queue.Close(null);
        Assert.That(queue.TryOffer(7), Is.EqualTo(OfferResult.Closed));
        Assert.That(evicted, Is.Empty);
    }

    [Test]
    public void TryReserve_NothingNeedsTo_IsNotSupported() =>
        Assert.That(() => Create<int>(2).TryReserve(out _), Throws.TypeOf<NotSupportedException>());

    [Test, CancelAfter(Patience)]
    public async Task TryOffer_Evicts_TellsOnThePublishersThreadOutsideTheLock(CancellationToken ct)
    {
        MessageQueue<int>? queue = null;
        var threads = new List<int>();
        queue = Create<int>(2, _ =>
        {
            threads.Add(Environment.CurrentManagedThreadId);

            // Another thread gets at the queue meanwhile.
            Task.Run(() => queue!.TryTake(out var _), ct).WaitAsync(ct).GetAwaiter().GetResult();
        });
        await Task.Run(
            () =>
            {
                queue.Fill();
                queue.TryOffer(2);
                Assert.That(threads, Is.EqualTo(new[] { Environment.CurrentManagedThreadId }));
                Assert.That(queue.ReadPosition(), Is.EqualTo(new QueuePosition(3, 1, 1)));
            },
            ct).WaitAsync(ct);
    }

    [Test]
    public void LastOrigin_SomeWereEvicted_BelongsToItsMessage([ValueSource(nameof(Capacities))] int capacity)
    {
        var queue = Create<int>(capacity);
        for (var i = 0; i < (2 * capacity) + 3; i++)
        {
            queue.TryOffer(i, i % 2 == 0 ? new MessageOrigin(i + 1, null) : default);
        }

        while (queue.TryTake(out var message))
        {
            Assert.That(queue.LastOrigin.PublishedAt, Is.EqualTo(message % 2 == 0 ? message + 1 : 0));
        }
    }

    [Test]
    public void TryOffer_Evicted_IsNotKeptAlive()
    {
        var queue = Create<object>(3);
        var references = OfferAll(queue, 3);
        OfferAll(queue, 3);
        if (!EvictsOldest)
        {
            references = references[^1..];
        }

        AssertAllDie(references);
        GC.KeepAlive(queue);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static List<WeakReference> OfferAll(MessageQueue<object> queue, int count)
    {
        var references = new List<WeakReference>();
        for (var i = 0; i < count; i++)
        {
            var message = new object();
            references.Add(new WeakReference(message));
            queue.TryOffer(message);
        }

        return references;
    }
}
