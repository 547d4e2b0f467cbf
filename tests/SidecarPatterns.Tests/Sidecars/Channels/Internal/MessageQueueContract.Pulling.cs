namespace SidecarPatterns.Tests;

/// <summary>Messages that leave the queue before they count as taken, a taker that is woken for nothing, and a queue that opens again.</summary>
internal abstract partial class MessageQueueContract
{
    [Test]
    public void TryPull_UntilReleased_CountsAsQueuedAndTakesRoom([ValueSource(nameof(Capacities))] int capacity)
    {
        var queue = Create<int>(capacity);
        for (var round = 0; round < 5; round++)
        {
            queue.Fill(round * capacity);
            for (var i = 0; i < capacity; i++)
            {
                Assert.That(queue.TryPull(out var message), Is.True);
                Assert.That(message, Is.EqualTo((round * capacity) + i));
            }

            Assert.That(queue.TryPull(out _), Is.False);
            Assert.That(queue.ReadPosition().Queued, Is.EqualTo(capacity));
            if (!Evicts)
            {
                Assert.That(queue.TryOffer(-1), Is.EqualTo(OfferResult.Full));
            }

            for (var i = 0; i < capacity; i++)
            {
                queue.Release();
                queue.Settle(Settlement.Handled);
                Assert.That(queue.ReadPosition().Queued, Is.EqualTo(capacity - i - 1));
            }
        }

        Assert.That(queue.ReadPosition().Taken, Is.EqualTo(5 * capacity));
    }

    [Test]
    public void Ordinals_TellHowFarTheTakingSideHasCome([ValueSource(nameof(Capacities))] int capacity)
    {
        var queue = Create<int>(capacity);
        queue.Fill();
        var end = queue.EndOrdinal;
        Assert.That(end - queue.TakeOrdinal, Is.EqualTo(capacity));

        for (var i = 1; i <= capacity; i++)
        {
            queue.TryPull(out _);
            Assert.That(end - queue.PullOrdinal, Is.EqualTo(capacity - i));
            Assert.That(queue.TakeOrdinal, Is.LessThan(end), "pulled, but not released");
        }

        for (var i = 0; i < capacity; i++)
        {
            queue.Release();
        }

        Assert.That(queue.TakeOrdinal, Is.GreaterThanOrEqualTo(end));
    }

    [Test]
    public async Task Wake_ASleepingTaker_EndsItsWaitThoughThereIsNothing()
    {
        var queue = Create<int>(4);
        queue.Wake(); // Nobody sleeps: nothing.
        for (var i = 0; i < 100; i++)
        {
            var wait = queue.WaitToTakeAsync();
            Assert.That(wait.IsCompleted, Is.False);
            queue.Wake();
            Assert.That(await wait, Is.True);
            Assert.That(queue.TryTake(out _), Is.False);
        }

        var last = queue.WaitToTakeAsync();
        queue.TryOffer(1);
        Assert.That(await last, Is.True);
        Assert.That(queue.Take(), Is.EqualTo(1));
    }

    [Test]
    public async Task Wake_RacesWithOffers_NoMessageIsSleptThrough()
    {
        const int Count = 20_000;
        var queue = Create<int>(64);
        var waking = Task.Run(() =>
        {
            for (var i = 0; i < Count; i++)
            {
                queue.Wake();
            }
        });
        var offering = Task.Run(async () =>
        {
            for (var i = 0; i < Count; i++)
            {
                await queue.OfferAsync(i);
            }

            queue.Close(cause: null);
        });

        var taken = 0L;
        while (await queue.WaitToTakeAsync().AsTask().InTime())
        {
            taken += queue.TakeAll().Count;
        }

        await Task.WhenAll(waking, offering).InTime();
        Assert.That(taken + queue.ReadPosition().Evicted, Is.EqualTo(Count));
    }

    [Test]
    public async Task Reopen_AfterAClose_TakesOffersAgainAndKeepsItsCounts([ValueSource(nameof(Causes))] Exception? cause)
    {
        var queue = Create<int>(2);
        queue.Fill();
        queue.Close(cause);
        Assert.That(queue.TakeAll(), Has.Count.EqualTo(2));
        Assert.That(queue.TryOffer(9), Is.EqualTo(OfferResult.Closed));

        queue.Reopen();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(queue.IsClosed, Is.False);
            Assert.That(queue.Cause, Is.Null);
        }

        var wait = queue.WaitToTakeAsync();
        Assert.That(wait.IsCompleted, Is.False);
        queue.Fill(10);
        Assert.That(await wait, Is.True);
        Assert.That(queue.TakeAll(), Is.EqualTo([10, 11]));
        Assert.That(queue.ReadPosition().Accepted, Is.EqualTo(4));
        Assert.That(queue.Close(cause: null), Is.True);
    }
}
