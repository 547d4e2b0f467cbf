using System.Collections.Concurrent;

namespace SidecarPatterns.Tests;

internal abstract partial class MessageQueueContract
{
    [Test, CancelAfter(Patience)]
    public Task ManyProducers_EveryVerb_EachAcceptedItemIsTakenOnceAndInOrder(
        [Values(1, 2, 4, 8)] int producers, [Values(1, 2, 17, 1024)] int capacity, [Values] bool closesEarly, CancellationToken ct) =>
        StressAsync(producers, 2_400 / producers, capacity, closesEarly, ct);

    [Test, CancelAfter(Patience)]
    public Task AThousandProducers_EveryVerb_EachAcceptedItemIsTakenOnceAndInOrder(
        [Values(1, 16, 1024)] int capacity, [Values] bool closesEarly, CancellationToken ct) =>
        StressAsync(1_000, 12, capacity, closesEarly, ct);

    private async Task StressAsync(int producerCount, int perProducer, int capacity, bool closesEarly, CancellationToken ct)
    {
        var evicted = new ConcurrentQueue<Item>();
        var queue = Create<Item>(capacity, evicted.Enqueue);
        StressProducer[] producers =
        [
            .. Enumerable.Range(0, producerCount).Select(id => new StressProducer(id, queue, reserves: !Evicts, StressSeed.For(id))),
        ];
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var watch = Task.Run(() => WatchPositionsAsync(queue, end.Token), ct);
        var taker = Task.Run(() => TakeAllAsync(queue, closesEarly ? producerCount * perProducer / 4 : int.MaxValue), ct);
        await Task.WhenAll(producers.Select(producer => Task.Run(() => producer.RunAsync(perProducer), ct))).WaitAsync(ct);
        queue.Close(null);
        var taken = await taker.WaitAsync(ct);
        await end.CancelAsync();
        await watch.WaitAsync(ct);
        AssertAccount(queue, producers, taken, [.. evicted]);
    }

    private void AssertAccount(MessageQueue<Item> queue, StressProducer[] producers, List<Item> taken, List<Item> evicted)
    {
        long accepted = producers.Sum(static producer => producer.Accepted.Count);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(queue.ReadPosition(), Is.EqualTo(new QueuePosition(accepted, evicted.Count, taken.Count)), StressSeed.Hint);
            Assert.That(queue.ReadPosition().Queued, Is.Zero, StressSeed.Hint);
            Assert.That(queue.Settled.Total, Is.EqualTo(taken.Count), StressSeed.Hint);
            Assert.That(
                queue.Refusals.ReadRejected().Total(), Is.EqualTo(producers.Sum(static producer => producer.ToldClosed)), StressSeed.Hint);
            Assert.That(Evicts || evicted.Count == 0, Is.True);
        }

        var takenBy = taken.ToLookup(static item => item.Producer, static item => item.Number);
        var evictedOf = evicted.ToLookup(static item => item.Producer, static item => item.Number);
        for (var id = 0; id < producers.Length; id++)
        {
            Assert.That(takenBy[id], Is.Ordered, StressSeed.Hint);
            Assert.That(takenBy[id].Concat(evictedOf[id]).Order(), Is.EqualTo(producers[id].Accepted), StressSeed.Hint);
        }
    }

    private static async Task<List<Item>> TakeAllAsync(MessageQueue<Item> queue, int closeAfter)
    {
        var random = StressSeed.For(-1);
        var taken = new List<Item>();
        while (await queue.WaitToTakeAsync())
        {
            while (queue.TryTake(out var item))
            {
                queue.Settle((Settlement)(taken.Count % 3));
                taken.Add(item);
                if (taken.Count == closeAfter)
                {
                    queue.Close(null);
                }

                switch (random.Next(40))
                {
                    case 0:
                        queue.ServeWaitingPublishers();
                        await Task.Yield();
                        break;
                    case 1:
                        Thread.Yield();
                        break;
                    case 2:
                        Thread.SpinWait(random.Next(500));
                        break;
                }
            }
        }

        return taken;
    }

    /// <summary>Looks again and again: whatever goes on, no count is impossible.</summary>
    private static async Task WatchPositionsAsync(MessageQueue<Item> queue, CancellationToken end)
    {
        var last = default(QueuePosition);
        while (!end.IsCancellationRequested)
        {
            var position = queue.ReadPosition();
            if (position.Queued < 0 || position.Queued > queue.Capacity || position.Taken < last.Taken || position.Evicted < last.Evicted)
            {
                Assert.Fail($"{position} after {last}, capacity {queue.Capacity}. {StressSeed.Hint}");
            }

            last = position;
            await Task.Yield();
        }
    }
}
