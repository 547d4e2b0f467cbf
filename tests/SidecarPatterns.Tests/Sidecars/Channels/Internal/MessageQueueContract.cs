namespace SidecarPatterns.Tests;

/// <summary>What every queue between publishers and dispatch promises. Those that never evict promise <see cref="WaitingQueueContract"/> too.</summary>
internal abstract partial class MessageQueueContract
{
    /// <summary>How long a test may take before something is taken to hang.</summary>
    protected const int Patience = 30_000;

    /// <summary>The smallest, and some on both sides of the lengths that a queue may grow through.</summary>
    protected static readonly int[] Capacities = [1, 2, 3, 5, 8, 9, 16, 17, 100, 1024];

    /// <summary>Makes the queue under test.</summary>
    /// <param name="capacity">How many messages can wait.</param>
    /// <param name="onEvicted">Told of each message that is evicted, by queues that do so.</param>
    protected abstract MessageQueue<T> Create<T>(int capacity, Action<T>? onEvicted = null);

    /// <summary>Whether a full queue makes room for what is offered; else it refuses.</summary>
    protected abstract bool Evicts { get; }

    /// <summary>Does to a list that is full what the queue does to its messages when another is offered.</summary>
    /// <returns>The message that has to go.</returns>
    protected virtual int Evict(List<int> waiting) => throw new NotSupportedException("Only for queues that evict.");

    [Test]
    public void TryTake_OneProducer_TakesInOrder([ValueSource(nameof(Capacities))] int capacity)
    {
        var queue = Create<int>(capacity);
        for (var lap = 0; lap < 4; lap++)
        {
            queue.Fill(lap * capacity);
            Assert.That(queue.TakeAll(), Is.EqualTo(Enumerable.Range(lap * capacity, capacity)));
        }
    }

    [Test]
    public void TryTake_QueueFillsSlowlyWhileItIsRead_TakesInOrder([ValueSource(nameof(Capacities))] int capacity, [Values(1, 2, 3)] int takenPerTurn)
    {
        // More is offered than taken each turn: the queue grows, if it does, with its read position anywhere.
        var queue = Create<int>(capacity);
        var waiting = new Queue<int>();
        for (int next = 0, turn = 0; turn < capacity + 20; turn++)
        {
            while (waiting.Count < capacity && waiting.Count <= turn)
            {
                Assert.That(queue.TryOffer(next), Is.EqualTo(OfferResult.Accepted));
                waiting.Enqueue(next++);
            }

            for (var i = 0; i < takenPerTurn && waiting.Count > 0; i++)
            {
                Assert.That(queue.Take(), Is.EqualTo(waiting.Dequeue()));
            }
        }

        Assert.That(queue.TakeAll(), Is.EqualTo(waiting));
    }

    [Test]
    public void TryTake_Empty_IsFalse()
    {
        var queue = Create<string>(3);
        Assert.That(queue.TryTake(out _), Is.False);
        queue.TryOffer("only");
        queue.Take();
        Assert.That(queue.TryTake(out var message), Is.False);
        Assert.That(message, Is.Null);
    }

    [Test]
    public void HasNext_OfferedAndTaken_SaysWhetherThereIsOne([ValueSource(nameof(Capacities))] int capacity)
    {
        var queue = Create<int>(capacity);
        for (var i = 0; i < 40; i++)
        {
            Assert.That(queue.HasNext, Is.False);
            queue.TryOffer(i);
            Assert.That(queue.HasNext, Is.True);
            queue.Take();
        }

        Assert.That(queue.HasNext, Is.False);
    }

    [Test]
    public async Task OfferAsync_Room_CompletesAtOnceAndInOrder([ValueSource(nameof(Capacities))] int capacity)
    {
        var queue = Create<int>(capacity);
        for (var i = 0; i < capacity; i++)
        {
            var offer = queue.OfferAsync(i);
            Assert.That(offer.IsCompletedSuccessfully, Is.True);
            await offer;
        }

        Assert.That(queue.TakeAll(), Is.EqualTo(Enumerable.Range(0, capacity)));
    }

    [Test]
    public async Task WaitToOfferAsync_Room_IsTrueAtOnce([ValueSource(nameof(Capacities))] int capacity)
    {
        var queue = Create<int>(capacity);
        for (var i = 0; i < capacity; i++)
        {
            var ask = queue.WaitToOfferAsync(CancellationToken.None);
            Assert.That(ask.IsCompleted, Is.True);
            Assert.That(await ask, Is.True);
            Assert.That(queue.TryOffer(i), Is.EqualTo(OfferResult.Accepted));
        }
    }

    [Test]
    public void OfferAsync_CancelledBefore_OffersNothing()
    {
        var queue = Create<int>(4);
        var cancelled = new CancellationToken(canceled: true);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                async () => await queue.OfferAsync(1, cancelled),
                Throws.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(cancelled));
            Assert.That(
                async () => await queue.WaitToOfferAsync(cancelled),
                Throws.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(cancelled));
            Assert.That(queue.ReadPosition(), Is.EqualTo(default(QueuePosition)));
            Assert.That(queue.TryTake(out _), Is.False);
        }
    }

    [Test]
    public void ReadPosition_QuietMoments_CountsExactly([ValueSource(nameof(Capacities))] int capacity)
    {
        var queue = Create<int>(capacity);
        long accepted = 0, taken = 0;
        for (var turn = 0; turn < 50; turn++)
        {
            for (var i = 0; i <= turn % capacity && accepted - taken < capacity; i++, accepted++)
            {
                queue.TryOffer(turn);
                Assert.That(queue.ReadPosition(), Is.EqualTo(new QueuePosition(accepted + 1, 0, taken)));
            }

            queue.Take();
            taken++;
            Assert.That(queue.ReadPosition(), Is.EqualTo(new QueuePosition(accepted, 0, taken)));
            Assert.That(queue.ReadPosition().Queued, Is.EqualTo(accepted - taken));
        }

        Assert.That(queue.Settled.Handled, Is.EqualTo(taken));
    }

    [Test]
    public void Settle_EachWay_IsCountedApart()
    {
        var queue = Create<int>(8);
        queue.Fill();
        Settlement[] ways = [Settlement.Handled, Settlement.DeadLettered, Settlement.DeadLettered, Settlement.Abandoned];
        foreach (var way in ways)
        {
            queue.TryTake(out _);
            queue.Settle(way);
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(queue.Settled.Handled, Is.EqualTo(1));
            Assert.That(queue.Settled.DeadLettered, Is.EqualTo(2));
            Assert.That(queue.Settled.Abandoned, Is.EqualTo(1));
            Assert.That(queue.Settled.Total, Is.EqualTo(queue.ReadPosition().Taken));
        }
    }
}
