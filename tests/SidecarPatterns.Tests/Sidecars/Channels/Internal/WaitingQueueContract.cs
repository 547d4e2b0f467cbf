namespace SidecarPatterns.Tests;

/// <summary>What a queue promises that never evicts: an exact bound, publishers that wait for room in a line, and places that can be reserved.</summary>
internal abstract partial class WaitingQueueContract : MessageQueueContract
{
    protected sealed override bool Evicts => false;

    [Test]
    public void TryOffer_Full_IsRefusedExactlyAtTheBound([ValueSource(nameof(Capacities))] int capacity)
    {
        var queue = Create<int>(capacity);
        for (var lap = 0; lap < 3; lap++)
        {
            queue.Fill();
            Assert.That(queue.TryOffer(-1), Is.EqualTo(OfferResult.Full));
            Assert.That(queue.TryReserve(out _), Is.EqualTo(OfferResult.Full));
            Assert.That(queue.IsFull, Is.True);
            Assert.That(queue.TakeAll(), Has.Count.EqualTo(capacity));
            Assert.That(queue.IsFull, Is.False);
        }

        Assert.That(queue.Refusals.ReadRejected(), Is.Empty, "Whoever asks without waiting counts for itself.");
    }

    [Test]
    public void TryOffer_OneTaken_FreesExactlyOnePlace([ValueSource(nameof(Capacities))] int capacity)
    {
        var queue = Create<int>(capacity);
        queue.Fill();
        for (var i = 0; i < (2 * capacity) + 5; i++)
        {
            Assert.That(queue.Take(), Is.EqualTo(i));
            Assert.That(queue.TryOffer(capacity + i), Is.EqualTo(OfferResult.Accepted));
            Assert.That(queue.TryOffer(-1), Is.EqualTo(OfferResult.Full));
        }

        Assert.That(queue.TakeAll(), Has.Count.EqualTo(capacity));
    }

    [Test, CancelAfter(Patience)]
    public async Task OfferAsync_Full_WaitsInLine([ValueSource(nameof(Capacities))] int capacity, [Values(1, 2, 40)] int waiting, CancellationToken ct)
    {
        var queue = Create<int>(capacity);
        queue.Fill();
        var offers = OfferMany(queue, capacity, waiting);
        Assert.That(offers, Has.All.Property(nameof(Task.IsCompleted)).False);
        Assert.That(queue.ReadPosition(), Is.EqualTo(new QueuePosition(capacity, 0, 0)), "Who waits is not accepted yet.");
        for (var i = 0; i < capacity + waiting; i++)
        {
            Assert.That(await queue.TakeAsync().WaitAsync(ct), Is.EqualTo(i));
        }

        await Task.WhenAll(offers).WaitAsync(ct);
        Assert.That(queue.ReadPosition(), Is.EqualTo(new QueuePosition(capacity + waiting, 0, capacity + waiting)));
    }

    [Test]
    public async Task ServeWaitingPublishers_PlacesAreFree_FillsThemAtOnce([ValueSource(nameof(Capacities))] int capacity, [Values(1, 2, 16)] int taken)
    {
        taken = Math.Min(taken, capacity);
        var queue = Create<int>(capacity);
        queue.Fill();
        ValueTask[] offers = [.. Enumerable.Range(capacity, 20).Select(i => queue.OfferAsync(i))];
        for (var i = 0; i < taken; i++)
        {
            queue.Take();
        }

        queue.ServeWaitingPublishers();
        Assert.That(offers.Select(static offer => offer.IsCompletedSuccessfully), Is.EqualTo(Enumerable.Range(0, 20).Select(i => i < taken)));
        Assert.That(queue.ReadPosition(), Is.EqualTo(new QueuePosition(capacity + taken, 0, taken)));
        foreach (var offer in offers[..taken])
        {
            await offer;
        }
    }

    [Test, CancelAfter(Patience)]
    public async Task OfferAsync_DispatcherBlocksRightAfterTaking_IsServedAllTheSame(
        [Values(1, 2, 16, 1024)] int capacity, [Values(1, 2, 3, 5)] int taken, CancellationToken ct)
    {
        // Nobody calls the queue after the takes: as if a handler blocked the dispatcher's thread.
        taken = Math.Min(taken, capacity);
        var queue = Create<int>(capacity);
        queue.Fill();
        var offers = OfferMany(queue, capacity, 20);
        for (var blocked = 1; blocked <= 3; blocked++)
        {
            for (var i = 0; i < taken; i++)
            {
                queue.Take();
            }

            await Task.WhenAll(offers[..(blocked * taken)]).WaitAsync(ct);
            Assert.That(queue.ReadPosition().Queued, Is.EqualTo(capacity));
            Assert.That(offers.Count(static offer => offer.IsCompleted), Is.EqualTo(blocked * taken));
        }
    }

    [Test, CancelAfter(Patience)]
    public async Task WaitToOfferAsync_DispatcherBlocksRightAfterTaking_IsToldAllTheSame([Values(1, 16, 1024)] int capacity, CancellationToken ct)
    {
        var queue = Create<int>(capacity);
        queue.Fill();
        for (var i = 0; i < 3; i++)
        {
            var ask = queue.WaitToOfferAsync(CancellationToken.None).AsTask();
            queue.Take();
            Assert.That(await ask.WaitAsync(ct), Is.True);
            Assert.That(queue.TryOffer(i), Is.EqualTo(OfferResult.Accepted));
        }
    }

    [Test]
    public async Task TryOffer_OthersWaitInLine_DoesNotOvertakeThem([Values(1, 2, 16, 100)] int capacity)
    {
        var queue = Create<int>(capacity);
        queue.Fill();
        var first = queue.OfferAsync(capacity);
        var second = queue.OfferAsync(capacity + 1);
        queue.Take();
        var ask = queue.WaitToOfferAsync(CancellationToken.None);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(queue.TryOffer(-1), Is.EqualTo(OfferResult.Full));
            Assert.That(queue.TryReserve(out _), Is.EqualTo(OfferResult.Full));
            Assert.That(queue.IsFull, Is.True);
            Assert.That(ask.IsCompleted, Is.False);
        }

        Assert.That(await queue.TakeUntilAsync(capacity + 1), Is.EqualTo(Enumerable.Range(1, capacity + 1)));
        await first;
        await second;
        Assert.That(await ask, Is.True);
    }

    [Test]
    public async Task WaitToOfferAsync_Full_IsToldOnceThereIsRoom([ValueSource(nameof(Capacities))] int capacity, [Values(1, 3)] int asking)
    {
        var queue = Create<int>(capacity);
        queue.Fill();
        ValueTask<bool>[] asks = [.. Enumerable.Range(0, asking).Select(_ => queue.WaitToOfferAsync(CancellationToken.None))];
        Assert.That(asks.Select(static ask => ask.IsCompleted), Has.All.False);
        queue.ServeWaitingPublishers();
        Assert.That(asks.Select(static ask => ask.IsCompleted), Has.All.False);
        queue.Take();
        queue.ServeWaitingPublishers();
        foreach (var ask in asks)
        {
            Assert.That(ask.IsCompleted, Is.True);
            Assert.That(await ask, Is.True);
        }

        Assert.That(queue.TryOffer(7), Is.EqualTo(OfferResult.Accepted));
    }

    [Test]
    public async Task WaitToOfferAsync_OthersWaitWithMessages_IsToldAfterThem([Values(1, 2, 16)] int capacity)
    {
        var queue = Create<int>(capacity);
        queue.Fill();
        var ask = queue.WaitToOfferAsync(CancellationToken.None);
        var offer = queue.OfferAsync(7);
        queue.Take();
        queue.ServeWaitingPublishers();
        Assert.That(offer.IsCompletedSuccessfully, Is.True);
        Assert.That(ask.IsCompleted, Is.False);
        queue.Take();
        queue.ServeWaitingPublishers();
        Assert.That(ask.IsCompleted, Is.True);
        Assert.That(await ask, Is.True);
        await offer;
    }

    [Test]
    public async Task WaitToTakeAsync_OnlyThoseWhoWaitHaveMessages_ServesThemInsteadOfSleeping([Values(1, 2, 16, 100)] int capacity)
    {
        var queue = Create<int>(capacity);
        queue.Fill();
        var offer = queue.OfferAsync(7);
        var taken = 0;
        while (queue.TryTake(out _))
        {
            taken++;
        }

        Assert.That(taken, Is.AnyOf(capacity, capacity + 1));
        if (taken == capacity)
        {
            var wait = queue.WaitToTakeAsync();
            Assert.That(wait.IsCompleted, Is.True);
            Assert.That(await wait, Is.True);
            Assert.That(queue.Take(), Is.EqualTo(7));
        }

        await offer;
    }

    [Test, CancelAfter(Patience)]
    public async Task OfferAsync_TenThousandAtOnce_AllAreServedInOrder([Values(1, 16, 1024)] int capacity, CancellationToken ct)
    {
        const int Count = 10_000;
        var queue = Create<int>(capacity);
        var offers = OfferMany(queue, 0, Count);
        Assert.That(offers.Count(static offer => offer.IsCompleted), Is.EqualTo(capacity));
        Assert.That(await queue.TakeUntilAsync(Count - 1).WaitAsync(ct), Is.EqualTo(Enumerable.Range(0, Count)));
        await Task.WhenAll(offers).WaitAsync(ct);
        Assert.That(queue.ReadPosition(), Is.EqualTo(new QueuePosition(Count, 0, Count)));
    }

    [Test]
    public async Task LastOrigin_PublisherHadToWait_BelongsToItsMessage([Values(1, 2, 16)] int capacity)
    {
        var queue = Create<int>(capacity);
        queue.Fill();
        var with = queue.OfferAsync(100, new MessageOrigin(9, null), CancellationToken.None);
        var without = queue.OfferAsync(101);
        var origins = new List<long>();
        for (var i = 0; i < capacity + 2; i++)
        {
            await queue.TakeAsync();
            origins.Add(queue.LastOrigin.PublishedAt);
        }

        Assert.That(origins, Is.EqualTo((long[])[.. new long[capacity], 9, 0]));
        await with;
        await without;
    }

    /// <summary>Numbers from one on, each offered by a call of its own, all before this returns.</summary>
    protected static Task[] OfferMany(MessageQueue<int> queue, int first, int count) =>
        [.. Enumerable.Range(first, count).Select(i => queue.OfferAsync(i).AsTask())];
}
