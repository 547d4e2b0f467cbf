using System.Threading.Channels;

namespace SidecarPatterns.Tests;

internal abstract partial class WaitingQueueContract
{
    [Test, CancelAfter(Patience)]
    public async Task Close_PublishersWait_EachIsToldAndCounted(
        [Values(1, 2, 16)] int capacity, [ValueSource(nameof(Causes))] Exception? cause, CancellationToken ct)
    {
        const int Waiting = 100; // More than are kept for their next use.
        var queue = Create<int>(capacity);
        queue.Fill();
        var offers = OfferMany(queue, capacity, Waiting);
        queue.Close(cause);
        foreach (var offer in offers)
        {
            Assert.That(
                async () => await offer.WaitAsync(ct), Throws.TypeOf<ChannelClosedException>().With.InnerException.SameAs(cause));
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(queue.Refusals.ReadRejected(), Is.EqualTo(new Dictionary<PublishReason, long> { [queue.ClosedReason] = Waiting }));
            Assert.That(queue.TryOffer(7), Is.EqualTo(OfferResult.Closed));
            Assert.That(queue.TryReserve(out _), Is.EqualTo(OfferResult.Closed));
            Assert.That(await queue.DrainAsync().WaitAsync(ct), Is.EqualTo(Enumerable.Range(0, capacity)));
            Assert.That(queue.ReadPosition(), Is.EqualTo(new QueuePosition(capacity, 0, capacity)));
        }
    }

    [Test]
    public async Task Close_PublishersAskForRoom_EachIsTold([ValueSource(nameof(Causes))] Exception? cause)
    {
        var queue = Create<int>(2);
        queue.Fill();
        ValueTask<bool>[] asks = [.. Enumerable.Range(0, 100).Select(_ => queue.WaitToOfferAsync(CancellationToken.None))];
        queue.Close(cause);
        foreach (var ask in asks)
        {
            Assert.That(ask.IsCompleted, Is.True);
            if (cause is null)
            {
                Assert.That(await ask, Is.False);
            }
            else
            {
                Assert.That(async () => await ask, Throws.Exception.SameAs(cause));
            }
        }

        Assert.That(queue.Refusals.ReadRejected(), Is.Empty, "They only asked.");
    }

    [Test, CancelAfter(Patience)]
    public async Task Close_WhilePublishersAreServed_EachIsAcceptedOrTold(CancellationToken ct)
    {
        const int Waiting = 30;
        for (var round = 0; round < 200; round++)
        {
            var queue = Create<int>(4);
            queue.Fill(-4);
            var offers = OfferMany(queue, 0, Waiting);
            var drain = Task.Run(queue.DrainAsync, ct);
            Thread.SpinWait(round * 20);
            queue.Close(null);
            var taken = await drain.WaitAsync(ct);
            var accepted = new List<int>();
            for (var i = 0; i < Waiting; i++)
            {
                try
                {
                    await offers[i].WaitAsync(ct);
                    accepted.Add(i);
                }
                catch (ChannelClosedException)
                {
                    // It was told.
                }
            }

            Assert.That(taken, Is.EqualTo(Enumerable.Range(-4, 4 + accepted.Count)));
            Assert.That(accepted, Is.EqualTo(Enumerable.Range(0, accepted.Count)));
            Assert.That(queue.Refusals.ReadRejected().Total(), Is.EqualTo(Waiting - accepted.Count));
        }
    }

    [Test, CancelAfter(Patience)]
    public async Task Close_AsTheDispatcherServesPublishersInPlaceOfSleeping_ThoseServedAreTaken(CancellationToken ct)
    {
        // Nothing but void places, and a line behind them: the dispatcher finds nothing, serves, and the queue closes before it looks again.
        MessageQueue<int> queue = null!;
        ValueTask[] offers = [];
        var taken = new List<int>();
        await Race.RunAsync(
            20_000,
            prepare: () =>
            {
                queue = Create<int>(2);
                taken.Clear();
                Reservation<int>[] reservations = [Reserve(queue), Reserve(queue)];
                offers = [.. Enumerable.Range(0, 6).Select(i => queue.OfferAsync(i))];
                Array.ForEach(reservations, static reservation => reservation.Void());
            },
            left: round =>
            {
                Thread.SpinWait(round % 64);
                queue.Close(null);
            },
            right: _ =>
            {
                while (WaitToTake(queue, ct))
                {
                    taken.AddRange(queue.TakeAll());
                }
            },
            check: () =>
            {
                Assert.That(offers.Select(static offer => offer.IsCompleted), Has.All.True);
                Assert.That(taken, Is.EqualTo(Enumerable.Range(0, offers.Count(static offer => offer.IsCompletedSuccessfully))));
            },
            ct);
    }
}
