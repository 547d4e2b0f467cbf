using System.Threading.Channels;
using static System.Threading.Channels.BoundedChannelFullMode;

namespace SidecarPatterns.Tests;

[TestFixture]
internal sealed partial class FanOutWriterTests
{
    private const int Patience = 30_000;

    private static readonly Exception?[] Causes = [null, new InvalidDataException("It failed.")];

    [Test]
    public async Task EveryVerb_RoomInAll_GivesToEach()
    {
        var fan = new FanOut(Wait, DropOldest, Wait, DropWrite, DropNewest);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(fan.Writer.TryWrite(1), Is.True);
            Assert.That(fan.Writer.Publish(2), Is.EqualTo(PublishResult.Accepted));
            await fan.Writer.WriteAsync(3);
            Assert.That(await fan.Writer.WaitToWriteAsync(), Is.True);
            foreach (var target in fan.Targets)
            {
                Assert.That(target.Queue.ReadPosition(), Is.EqualTo(new QueuePosition(3, 0, 0)));
                Assert.That(target.Queue.TakeAll(), Is.EqualTo(new[] { 1, 2, 3 }));
            }

            fan.AssertNothingRefused();
        }
    }

    [Test]
    public void CountAndCapacity_OfSeveral_AreTheFullestAndTheSmallest()
    {
        FedQueue<int>[] targets = [new(Wait, 5), new(DropOldest, 3), new(DropWrite, 9)];
        var writer = new FanOutWriter<int>([.. targets.Select(static target => target.Writer)], targets[0].Metrics);
        writer.TryWrite(1);
        targets[2].Writer.TryWrite(2);
        Assert.That(writer.Count, Is.EqualTo(2));
        Assert.That(writer.Capacity, Is.EqualTo(3));
    }

    [Test]
    public void EveryVerb_Null_IsRefused()
    {
        FedQueue<string>[] targets = [new(Wait, 2), new(DropOldest, 2)];
        var writer = new FanOutWriter<string>([.. targets.Select(static target => target.Writer)], targets[0].Metrics);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => writer.TryWrite(null!), Throws.ArgumentNullException);
            Assert.That(() => writer.Publish(null!), Throws.ArgumentNullException);
            Assert.That(async () => await writer.WriteAsync(null!), Throws.ArgumentNullException);
            Assert.That(targets.Select(static target => target.Writer.Count), Has.All.Zero);
        }
    }

    [Test]
    public void TryComplete_ByTheApplication_DoesNothing()
    {
        var fan = new FanOut(Wait, Wait);
        Assert.That(fan.Writer.TryComplete(), Is.False);
        Assert.That(fan.Writer.TryWrite(1), Is.True);
    }

    [Test]
    public void Publish_OneThatWaitsIsFull_NobodyGetsIt([Range(0, 3)] int full)
    {
        var fan = new FanOut(Wait, Wait, Wait, Wait, DropOldest, DropWrite);
        fan.Targets[full].Fill(static i => i);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(fan.Writer.TryWrite(10), Is.False);
            Assert.That(fan.Writer.Publish(11), Is.EqualTo(PublishResult.Rejected(PublishReason.Full)));
            for (var i = 0; i < fan.Targets.Length; i++)
            {
                var target = fan.Targets[i];
                Assert.That(target.Refusals.Rejected, Is.EqualTo(i == full ? FanOut.Counts(PublishReason.Full, 2) : []));
                Assert.That(target.Queue.ReadPosition().Accepted, Is.EqualTo(i == full ? FanOut.Capacity : 0));
                Assert.That(target.Queue.TakeAll(), Has.Count.EqualTo(i == full ? FanOut.Capacity : 0));
            }
        }
    }

    [Test]
    public void Publish_RefusedAgainAndAgain_TakesUpNoRoomElsewhere()
    {
        // The first one's dispatcher is busy with a handler, and passes over nothing meanwhile.
        var fan = new FanOut(Wait, Wait);
        fan.Targets[1].Fill(static i => i);
        for (var i = 0; i < 10 * FanOut.Capacity; i++)
        {
            Assert.That(fan.Writer.TryWrite(10), Is.False);
        }

        fan.Targets[0].Fill(static i => i);
        Assert.That(fan.Targets[0].Queue.TakeAll(), Has.Count.EqualTo(FanOut.Capacity));
    }

    [Test]
    public void Publish_OthersWaitForThePlaceOfOne_NobodyGetsIt()
    {
        var fan = new FanOut(Wait, Wait);
        fan.Targets[1].Fill(static i => i);
        var first = fan.Targets[1].Writer.WriteAsync(5).AsTask();
        var second = fan.Targets[1].Writer.WriteAsync(6).AsTask();
        fan.Targets[1].Queue.Take();
        Assert.That(fan.Writer.Publish(10), Is.EqualTo(PublishResult.Rejected(PublishReason.Full)));
        Assert.That(fan.Targets[0].Queue.TakeAll(), Is.Empty);
        Assert.That(second.IsCompleted, Is.False);
        fan.Targets[1].Queue.Close(null);
        Assert.That(async () => await Task.WhenAll(first, second), Throws.TypeOf<ChannelClosedException>());
    }

    [Test]
    public async Task Publish_OthersDrop_TheDropsAreTheirsAlone()
    {
        var fan = new FanOut(Wait, DropWrite, DropOldest, DropNewest);
        foreach (var target in fan.Targets[1..])
        {
            target.Fill(static i => i);
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(fan.Writer.TryWrite(10), Is.True);
            Assert.That(fan.Writer.Publish(11), Is.EqualTo(PublishResult.Dropped(PublishReason.Full)), "The worst of their answers.");
            await fan.Writer.WriteAsync(12);
            Assert.That(fan.Targets[0].Queue.TakeAll(), Is.EqualTo(new[] { 10, 11, 12 }));
            Assert.That(fan.Targets[1].Queue.TakeAll(), Is.EqualTo(new[] { 0, 1, 2, 3 }));
            Assert.That(fan.Targets[1].Dropped.Select(static dropped => dropped.Message), Is.EqualTo(new[] { 10, 11, 12 }));
            Assert.That(fan.Targets[1].Refusals.Dropped, Is.EqualTo(FanOut.Counts(PublishReason.Full, 3)));
            Assert.That(fan.Targets[2].Queue.TakeAll(), Is.EqualTo(new[] { 3, 10, 11, 12 }));
            Assert.That(fan.Targets[3].Queue.TakeAll(), Is.EqualTo(new[] { 0, 1, 2, 12 }));
            Assert.That(fan.Targets[3].Dropped.Select(static dropped => dropped.Message), Is.EqualTo(new[] { 3, 10, 11 }));
        }
    }

    [Test]
    public async Task EveryVerb_AllDropIt_SaysSo()
    {
        var fan = new FanOut(DropWrite, DropWrite);
        Array.ForEach(fan.Targets, static target => target.Fill(static i => i));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(fan.Writer.TryWrite(10), Is.False);
            Assert.That(fan.Writer.Publish(11), Is.EqualTo(PublishResult.Dropped(PublishReason.Full)));
            await fan.Writer.WriteAsync(12);
            Assert.That(fan.Targets, Has.All.Property(nameof(FedQueue<>.Dropped)).Count.EqualTo(3));
        }
    }

    [Test]
    public void OnDropped_PublishesToTheFanOut_IsRejectedByItsOwnQueueAlone()
    {
        FanOut? fan = null;
        var calls = 0;
        FedQueue<int>[] targets = [new(Wait, 8), new(DropWrite, 1, Again), new(DropOldest, 1, Again)];
        fan = new FanOut(targets);
        fan.Writer.TryWrite(0);
        Assert.That(fan.Writer.Publish(1), Is.EqualTo(PublishResult.Dropped(PublishReason.Full)));
        using (Assert.EnterMultipleScope())
        {
            // The second drops 1 and publishes 1001, for which the third evicts 0 and publishes 1000, which both of them reject.
            // Then the third evicts 1001 for 1, and publishes 2001, which the second drops once more.
            Assert.That(targets[0].Queue.TakeAll(), Is.EqualTo(new[] { 0, 1, 1001, 1000, 2001, 3001 }));
            Assert.That(targets[1].Dropped.Select(static dropped => dropped.Message), Is.EqualTo(new[] { 1, 2001 }));
            Assert.That(targets[2].Dropped.Select(static dropped => dropped.Message), Is.EqualTo(new[] { 0, 1001 }));
            Assert.That(calls, Is.EqualTo(4));
            Assert.That(targets.SelectMany(static target => target.CallbackErrors), Is.Empty);
        }

        void Again(OnDroppedArguments<int> dropped)
        {
            if (++calls < 20)
            {
                Assert.That(fan!.Writer.Publish(dropped.Message + 1000).Status, Is.Not.EqualTo(PublishStatus.Accepted));
            }
        }
    }

    [Test]
    public async Task WaitToWriteAsync_SomeAreFull_WaitsForRoomInAll()
    {
        var fan = new FanOut(Wait, DropWrite, Wait, DropOldest);
        Array.ForEach(fan.Targets, static target => target.Fill(static i => i));
        var ask = fan.Writer.WaitToWriteAsync().AsTask();
        for (var i = 0; i < 3; i++)
        {
            Assert.That(ask.IsCompleted, Is.False);
            fan.Targets[i].Queue.Take();
            fan.Targets[i].Queue.ServeWaitingPublishers();
        }

        Assert.That(await ask, Is.True);
        Assert.That(fan.Writer.Publish(10), Is.EqualTo(PublishResult.Accepted));
    }

    [Test]
    public async Task WaitToWriteAsync_Cancelled_IsToldSo()
    {
        var fan = new FanOut(Wait, Wait);
        fan.Targets[1].Fill(static i => i);
        using var cancellation = new CancellationTokenSource();
        var ask = fan.Writer.WaitToWriteAsync(cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        Assert.That(async () => await ask, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(async () => await fan.Writer.WaitToWriteAsync(cancellation.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void OwnHandler_OwnQueueIsFull_IsToldAtOnceThoughOthersAreFullToo([Values(0, 1, 2)] int own)
    {
        var fan = new FanOut(Wait, Wait, Wait);
        Array.ForEach(fan.Targets, static target => target.Fill(static i => i));
        var call = new HandlerCall(fan.Targets[own].Queue);
        var write = call.Do(() => fan.Writer.WriteAsync(10).AsTask());
        var ask = call.Do(() => fan.Writer.WaitToWriteAsync().AsTask());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(write.Exception?.InnerException, Is.TypeOf<InvalidOperationException>());
            Assert.That(ask.Exception?.InnerException, Is.TypeOf<InvalidOperationException>());
            Assert.That(call.Do(() => fan.Writer.TryWrite(11)), Is.False);
            Assert.That(call.Do(() => fan.Writer.Publish(12)), Is.EqualTo(PublishResult.Rejected(PublishReason.OwnQueueFull)));
            Assert.That(fan.Targets[own].Refusals.Rejected, Is.EqualTo(FanOut.Counts(PublishReason.OwnQueueFull, 3)));
            Assert.That(fan.Targets.Where((_, i) => i != own).SelectMany(static target => target.Refusals.Rejected), Is.Empty);
        }
    }

    [Test]
    public async Task OwnHandler_OnlyAnotherQueueIsFull_Waits()
    {
        var fan = new FanOut(Wait, Wait);
        fan.Targets[1].Fill(static i => i);
        var call = new HandlerCall(fan.Targets[0].Queue);
        var write = call.Do(() => fan.Writer.WriteAsync(10).AsTask());
        Assert.That(write.IsCompleted, Is.False);
        Assert.That(await fan.Targets[1].Queue.TakeUntilAsync(10), Is.EqualTo(new[] { 0, 1, 2, 3, 10 }));
        await write;
        Assert.That(fan.Targets[0].Queue.TakeAll(), Is.EqualTo(new[] { 10 }));
    }
}
