namespace SidecarPatterns.Tests;

internal abstract partial class WaitingQueueContract
{
    [Test]
    public void Fill_Reserved_TakesItsPlaceInOrder([ValueSource(nameof(Capacities))] int capacity)
    {
        var queue = Create<int>(capacity);
        for (var lap = 0; lap < 3; lap++)
        {
            for (var i = 0; i < capacity; i++)
            {
                if (i % 2 == 0)
                {
                    Reserve(queue).Fill(i, new MessageOrigin(i + 1, null));
                }
                else
                {
                    queue.TryOffer(i);
                }
            }

            Assert.That(queue.TryReserve(out _), Is.EqualTo(OfferResult.Full));
            Assert.That(queue.ReadPosition().Queued, Is.EqualTo(capacity));
            for (var i = 0; i < capacity; i++)
            {
                Assert.That(queue.Take(), Is.EqualTo(i));
                Assert.That(queue.LastOrigin.PublishedAt, Is.EqualTo(i % 2 == 0 ? i + 1 : 0));
            }
        }
    }

    [Test]
    public void Fill_DecidedInAnotherOrder_IsTakenInTheOrderOfThePlaces()
    {
        var queue = Create<int>(8);
        var first = Reserve(queue);
        var second = Reserve(queue);
        queue.TryOffer(3);
        second.Fill(2, default);
        first.Fill(1, default);
        Assert.That(queue.TakeAll(), Is.EqualTo(new[] { 1, 2, 3 }));
    }

    [Test, CancelAfter(Patience)]
    public async Task TryTake_NextPlaceIsUndecided_WaitsForIt([Values] bool isVoid, [Values] bool sleeps, CancellationToken ct)
    {
        var queue = Create<int>(8);
        var asleep = sleeps ? queue.TakeAsync() : null;
        var reservation = Reserve(queue);
        queue.TryOffer(2);
        var taker = asleep ?? Task.Run(queue.TakeAsync, ct);
        if (isVoid)
        {
            reservation.Void();
        }
        else
        {
            reservation.Fill(1, default);
        }

        Assert.That(await taker.WaitAsync(ct), Is.EqualTo(isVoid ? 2 : 1));
    }

    [Test, CancelAfter(Patience)]
    public async Task TryTake_NextPlaceIsUndecided_DoesNotSayThatThereIsNothing(CancellationToken ct)
    {
        // Who takes what is left of a closed queue relies on it: it does not wait between the takes.
        MessageQueue<int> queue = null!;
        var reservation = default(Reservation<int>);
        var taken = false;
        await Race.RunAsync(
            20_000,
            prepare: () =>
            {
                queue = Create<int>(8);
                reservation = Reserve(queue);
                queue.TryOffer(2);
            },
            left: round =>
            {
                Thread.SpinWait(round % 20);
                if (round % 2 == 0)
                {
                    reservation.Fill(1, default);
                }
                else
                {
                    reservation.Void();
                }
            },
            right: _ => taken = queue.TryTake(out var _),
            check: () => Assert.That(taken, Is.True),
            ct);
    }

    [Test]
    public void Void_AmongMessages_IsSkippedAndInNoCount([ValueSource(nameof(Capacities))] int capacity, [Values(2, 3)] int every)
    {
        var queue = Create<int>(capacity);
        for (var lap = 1; lap <= 3; lap++)
        {
            for (var i = 0; i < capacity; i++)
            {
                var reservation = Reserve(queue);
                if (i % every == 0)
                {
                    reservation.Void();
                }
                else
                {
                    reservation.Fill(i, default);
                }
            }

            int[] expected = [.. Enumerable.Range(0, capacity).Where(i => i % every != 0)];
            Assert.That(queue.ReadPosition(), Is.EqualTo(new QueuePosition(lap * expected.Length, 0, (lap - 1) * expected.Length)));
            Assert.That(queue.TakeAll(), Is.EqualTo(expected));
            Assert.That(queue.ReadPosition(), Is.EqualTo(new QueuePosition(lap * expected.Length, 0, lap * expected.Length)));
        }
    }

    [Test]
    public void Void_AllThereIs_LeavesAnEmptyQueue([ValueSource(nameof(Capacities))] int capacity)
    {
        var queue = Create<int>(capacity);
        for (var lap = 0; lap < 3; lap++)
        {
            Reservation<int>[] reservations = [.. Enumerable.Range(0, capacity).Select(_ => Reserve(queue))];
            Array.ForEach(reservations, static reservation => reservation.Void());
            Assert.That(queue.TryTake(out _), Is.False);
            Assert.That(queue.ReadPosition(), Is.EqualTo(new QueuePosition(0, 0, 0)));
        }

        queue.Fill();
        Assert.That(queue.TakeAll(), Has.Count.EqualTo(capacity));
    }

    [Test, CancelAfter(Patience)]
    public async Task Void_DispatcherIsAsleep_ItGoesOnSleeping([Values(1, 2, 16)] int capacity, CancellationToken ct)
    {
        var queue = Create<int>(capacity);
        var taker = queue.TakeAsync();
        for (var i = 0; i < 3 * capacity; i++)
        {
            // A place is free again once the dispatcher has looked at it: what it does meanwhile is its own affair.
            await queue.WaitToOfferAsync(ct);
            Reserve(queue).Void();
            Assert.That(taker.IsCompleted, Is.False);
        }

        await queue.OfferAsync(7, ct);
        Assert.That(await taker.WaitAsync(ct), Is.EqualTo(7));
        Assert.That(queue.ReadPosition(), Is.EqualTo(new QueuePosition(1, 0, 1)));
    }

    [Test, CancelAfter(Patience)]
    public async Task Void_OthersWaitForRoom_TheyGetThePlace([Values(1, 2, 16)] int capacity, [Values] bool asks, CancellationToken ct)
    {
        var queue = Create<int>(capacity);
        Reservation<int>[] reservations = [.. Enumerable.Range(0, capacity).Select(_ => Reserve(queue))];
        var wait = asks ? queue.WaitToOfferAsync(ct).AsTask() : queue.OfferAsync(7, ct).AsTask();
        Assert.That(wait.IsCompleted, Is.False);
        Array.ForEach(reservations, static reservation => reservation.Void());
        var taker = queue.TakeAsync();
        await wait.WaitAsync(ct);
        if (asks)
        {
            queue.TryOffer(7);
        }

        Assert.That(await taker.WaitAsync(ct), Is.EqualTo(7));
    }

    [Test, CancelAfter(Patience)]
    public async Task Close_APlaceIsUndecided_TheDispatcherWaitsForIt([Values] bool isVoid, CancellationToken ct)
    {
        var queue = Create<int>(4);
        var reservation = Reserve(queue);
        queue.Close(null);
        var drain = Task.Run(queue.DrainAsync, ct);
        if (isVoid)
        {
            reservation.Void();
        }
        else
        {
            reservation.Fill(1, default);
        }

        Assert.That(await drain.WaitAsync(ct), Has.Count.EqualTo(isVoid ? 0 : 1));
    }

    [Test, CancelAfter(Patience)]
    public async Task Close_RacingWithReservations_EachFilledOneIsTaken(CancellationToken ct)
    {
        for (var round = 0; round < 200; round++)
        {
            var queue = Create<int>(32);
            var drain = queue.DrainAsync();
            var filled = Task.Run(
                () =>
                {
                    var filled = new List<int>();
                    for (var i = 0; i < 20 && queue.TryReserve(out var reservation) == OfferResult.Accepted; i++)
                    {
                        if (i % 3 == 0)
                        {
                            reservation.Void();
                        }
                        else
                        {
                            reservation.Fill(i, default);
                            filled.Add(i);
                        }
                    }

                    return filled;
                },
                ct);
            Thread.SpinWait(round * 10);
            queue.Close(null);
            Assert.That(await drain.WaitAsync(ct), Is.EqualTo(await filled.WaitAsync(ct)));
            Assert.That(queue.ReadPosition(), Is.EqualTo(new QueuePosition(filled.Result.Count, 0, filled.Result.Count)));
        }
    }

    /// <summary>Reserves a place that must be free.</summary>
    protected static Reservation<int> Reserve(MessageQueue<int> queue)
    {
        Assert.That(queue.TryReserve(out var reservation), Is.EqualTo(OfferResult.Accepted));
        return reservation;
    }
}
