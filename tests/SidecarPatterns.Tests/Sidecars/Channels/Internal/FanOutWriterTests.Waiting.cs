using static System.Threading.Channels.BoundedChannelFullMode;

namespace SidecarPatterns.Tests;

/// <summary>Waiting for room in all of them, and what becomes of it in a race.</summary>
internal sealed partial class FanOutWriterTests
{
    [Test]
    public async Task WriteAsync_SomeAreFull_WritesToAllAtOnce()
    {
        var fan = new FanOut(Wait, DropOldest, Wait, DropWrite);
        fan.Targets[0].Fill(static i => i);
        fan.Targets[2].Fill(static i => i);
        var write = fan.Writer.WriteAsync(10).AsTask();
        fan.Targets[0].Queue.Take();
        fan.Targets[0].Queue.ServeWaitingPublishers();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(write.IsCompleted, Is.False);
            Assert.That(fan.Targets.Select(static target => target.Writer.Count), Is.EqualTo(new[] { 3, 0, 4, 0 }));
        }

        Assert.That(await fan.Targets[2].Queue.TakeUntilAsync(10), Is.EqualTo(new[] { 0, 1, 2, 3, 10 }));
        await write;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(fan.Targets[0].Queue.TakeAll(), Is.EqualTo(new[] { 1, 2, 3, 10 }));
            Assert.That(fan.Targets[1].Queue.TakeAll(), Is.EqualTo(new[] { 10 }));
            Assert.That(fan.Targets[3].Queue.TakeAll(), Is.EqualTo(new[] { 10 }));
            fan.AssertNothingRefused();
        }
    }

    [Test]
    public async Task WriteAsync_Cancelled_NobodyHasIt([Values(0, 1, 2)] int full)
    {
        var fan = new FanOut(Wait, Wait, Wait, DropOldest);
        fan.Targets[full].Fill(static i => i);
        using var cancellation = new CancellationTokenSource();
        var write = fan.Writer.WriteAsync(10, cancellation.Token).AsTask();
        Assert.That(write.IsCompleted, Is.False);
        await cancellation.CancelAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                async () => await write,
                Throws.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(cancellation.Token));
            Assert.That(
                async () => await fan.Writer.WriteAsync(11, cancellation.Token),
                Throws.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(cancellation.Token));
            Assert.That(fan.Targets.SelectMany(static target => target.Queue.TakeAll()), Is.EqualTo(new[] { 0, 1, 2, 3 }));
            fan.AssertNothingRefused();
        }
    }

    [Test, CancelAfter(Patience)]
    public async Task WriteAsync_CancelledWhileRoomComes_AllHaveItOrNobody(CancellationToken ct)
    {
        for (var round = 0; round < 300; round++)
        {
            FedQueue<int>[] targets = [new(Wait, 1), new(Wait, 1), new(DropOldest, 1)];
            var fan = new FanOut(targets);
            fan.Targets[1].Writer.TryWrite(0);
            using var cancellation = new CancellationTokenSource();
            var write = fan.Writer.WriteAsync(1, cancellation.Token).AsTask();
            var cancelling = Task.Run(cancellation.Cancel, ct);
            Thread.SpinWait(round % 50 * 10);
            fan.Targets[1].Queue.Take();
            fan.Targets[1].Queue.ServeWaitingPublishers();
            var hasIt = true;
            try
            {
                await write.WaitAsync(ct);
            }
            catch (OperationCanceledException exception) when (exception.CancellationToken == cancellation.Token)
            {
                hasIt = false;
            }

            await cancelling.WaitAsync(ct);
            Assert.That(fan.Targets.Select(static target => target.Queue.TakeAll().Count), Has.All.EqualTo(hasIt ? 1 : 0));
        }
    }

    [Test, CancelAfter(Patience)]
    public async Task EveryVerb_ManyPublishers_AllQueuesSeeTheSame(
        [Values(1, 2, 4, 16)] int publishers, [Values(1, 4, 100)] int capacity, CancellationToken ct)
    {
        FedQueue<int>[] targets = [new(Wait, capacity), new(DropOldest, 3), new(Wait, (capacity * 2) + 1), new(DropWrite, 2), new(Wait, capacity)];
        var fan = new FanOut(targets);
        var takers = targets.Select((target, i) => Task.Run(() => TakeSlowlyAsync(target.Queue, StressSeed.For(-i)), ct)).ToArray();
        var accepted = await Task.WhenAll(Enumerable.Range(0, publishers).Select(
            id => Task.Run(() => PublishManyAsync(fan.Writer, id, 2_000 / publishers, StressSeed.For(id)), ct))).WaitAsync(ct);
        Array.ForEach(targets, static target => target.Queue.Close(null));
        var taken = await Task.WhenAll(takers).WaitAsync(ct);
        for (var id = 0; id < publishers; id++)
        {
            foreach (var all in new[] { taken[0], taken[2], taken[4] })
            {
                Assert.That(all.Where(message => message / 10_000 == id), Is.EqualTo(accepted[id]), StressSeed.Hint);
            }
        }

        var count = accepted.Sum(static numbers => numbers.Count);
        using (Assert.EnterMultipleScope())
        {
            foreach (var target in targets.Where(static target => target.Writer.ReservesRoom))
            {
                Assert.That(target.Queue.ReadPosition(), Is.EqualTo(new QueuePosition(count, 0, count)), StressSeed.Hint);
            }

            Assert.That(targets[1].Queue.ReadPosition(), Is.EqualTo(new QueuePosition(count, targets[1].Dropped.Count, taken[1].Count)), StressSeed.Hint);
            Assert.That(targets[1].Dropped.Count + taken[1].Count, Is.EqualTo(count), StressSeed.Hint);
            Assert.That(targets[3].Queue.ReadPosition(), Is.EqualTo(new QueuePosition(taken[3].Count, 0, taken[3].Count)), StressSeed.Hint);
            Assert.That(targets[3].Refusals.Dropped.Total(), Is.EqualTo(targets[3].Dropped.Count), StressSeed.Hint);
            Assert.That(targets[3].Dropped.Count + taken[3].Count, Is.EqualTo(count), StressSeed.Hint);
        }
    }

    [Test, CancelAfter(Patience)]
    public async Task EveryVerb_SomeAreFedDirectlyToo_TheOthersSeeNoneThatWasRefused(CancellationToken ct)
    {
        // Room that was seen in the last one is often gone when it is to be reserved: by then places are reserved in the others.
        FedQueue<int>[] targets = [new(Wait, 8), new(Wait, 8), new(DropOldest, 4), new(Wait, 1)];
        var fan = new FanOut(targets);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var takers = targets.Select((target, i) => Task.Run(() => TakeSlowlyAsync(target.Queue, StressSeed.For(-i)), ct)).ToArray();
        var direct = Task.Run(
            async () =>
            {
                for (var i = 0; !end.IsCancellationRequested; i++)
                {
                    targets[3].Writer.TryWrite(-1);
                    if (i % 16 == 0)
                    {
                        await Task.Yield();
                    }
                }
            },
            ct);
        var accepted = await Task.WhenAll(Enumerable.Range(0, 2).Select(
            id => Task.Run(() => PublishManyAsync(fan.Writer, id, 1_000, StressSeed.For(id)), ct))).WaitAsync(ct);
        await end.CancelAsync();
        await direct.WaitAsync(ct);
        Array.ForEach(targets, static target => target.Queue.Close(null));
        var taken = await Task.WhenAll(takers).WaitAsync(ct);
        foreach (var all in new[] { taken[0], taken[1], taken[3] })
        {
            Assert.That(all.Where(static message => message is >= 0 and < 10_000), Is.EqualTo(accepted[0]), StressSeed.Hint);
            Assert.That(all.Where(static message => message >= 10_000), Is.EqualTo(accepted[1]), StressSeed.Hint);
        }

        var count = accepted.Sum(static numbers => numbers.Count);
        Assert.That(targets[0].Queue.ReadPosition(), Is.EqualTo(new QueuePosition(count, 0, count)), StressSeed.Hint);
        Assert.That(targets[2].Queue.ReadPosition().Accepted, Is.EqualTo(count), StressSeed.Hint);
    }

    [Test, CancelAfter(Patience)]
    public async Task EveryVerb_OneClosesInTheMiddle_ItSawTheBeginning([Values(0, 1)] int closing, CancellationToken ct)
    {
        for (var round = 0; round < 20; round++)
        {
            FedQueue<int>[] targets = [new(Wait, 4), new(Wait, 3)];
            var fan = new FanOut(targets);
            var takers = targets.Select((target, i) => Task.Run(() => TakeSlowlyAsync(target.Queue, StressSeed.For(-i)), ct)).ToArray();
            var publishing = Task.Run(() => PublishManyAsync(fan.Writer, 0, 500, StressSeed.For(round)), ct);
            Thread.SpinWait(round * 2_000);
            targets[closing].Queue.Close(null);
            var accepted = await publishing.WaitAsync(ct);
            targets[1 - closing].Queue.Close(null);
            var taken = await Task.WhenAll(takers).WaitAsync(ct);
            using (Assert.EnterMultipleScope())
            {
                Assert.That(taken[1 - closing], Is.EqualTo(accepted), StressSeed.Hint);
                Assert.That(taken[closing], Is.EqualTo(accepted[..taken[closing].Count]), StressSeed.Hint);
                var past = targets[closing].Refusals.Rejected.GetValueOrDefault(PublishReason.Stopped);
                Assert.That(past, Is.EqualTo(accepted.Count - taken[closing].Count), StressSeed.Hint);
            }
        }
    }

    /// <summary>Publishes by every verb in turn, and remembers what it was told was accepted by those that wait.</summary>
    private static async Task<List<int>> PublishManyAsync(FanOutWriter<int> writer, int id, int count, Random random)
    {
        var accepted = new List<int>();
        for (var number = id * 10_000; number < (id * 10_000) + count; number++)
        {
            var isAccepted = random.Next(5) switch
            {
                0 => writer.TryWrite(number),
                1 => writer.Publish(number).Status != PublishStatus.Rejected, // Dropped by one, but not by those that wait.
                2 => await IsWrittenAsync(writer, number, random),
                3 => await writer.WaitToWriteAsync() && writer.TryWrite(number),
                _ => await IsWrittenAsync(writer, number, random: null),
            };
            if (isAccepted)
            {
                accepted.Add(number);
            }
        }

        return accepted;
    }

    private static async Task<bool> IsWrittenAsync(FanOutWriter<int> writer, int number, Random? random)
    {
        using var cancellation = new CancellationTokenSource();
        var write = writer.WriteAsync(number, cancellation.Token);
        var cancelling = random is null ? Task.CompletedTask : Task.Run(cancellation.Cancel);
        try
        {
            await write;
            return true;
        }
        catch (OperationCanceledException exception) when (exception.CancellationToken == cancellation.Token)
        {
            return false;
        }
        finally
        {
            await cancelling;
        }
    }

    private static async Task<List<int>> TakeSlowlyAsync(MessageQueue<int> queue, Random random)
    {
        var taken = new List<int>();
        while (await queue.WaitToTakeAsync())
        {
            while (queue.TryTake(out var message))
            {
                taken.Add(message);
                if (random.Next(10) == 0)
                {
                    queue.ServeWaitingPublishers();
                    await Task.Yield();
                }
            }
        }

        return taken;
    }
}
