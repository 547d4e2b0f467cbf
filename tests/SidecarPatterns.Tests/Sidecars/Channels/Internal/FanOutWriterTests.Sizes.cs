using System.Threading.Channels;

namespace SidecarPatterns.Tests;

/// <summary>Targets that know how large a message is: each is its own size here, and ten bytes can wait.</summary>
internal sealed partial class FanOutWriterTests
{
    private const int Bytes = 10;

    [Test]
    public void Publish_OneHasNoRoomForThisMessage_NobodyGetsItAndASmallerOneGoesToAll()
    {
        var fan = new FanOut([Sized(BoundedChannelFullMode.Wait), new FedQueue<int>(BoundedChannelFullMode.Wait, 4)]);
        Assert.That(fan.Writer.Publish(8).IsAccepted, Is.True);

        Assert.That(fan.Writer.Publish(3), Is.EqualTo(PublishResult.Rejected(PublishReason.Full)));
        Assert.That(fan.Targets.Select(static target => target.Queue.ReadPosition().Queued), Is.EqualTo(new[] { 1, 1 }));
        Assert.That(fan.Writer.TryWrite(2), Is.True, "what was refused before is nothing to this one");

        Assert.That(fan.Targets[0].Queue.QueuedBytes, Is.EqualTo(Bytes));
        Assert.That(fan.Targets.Select(static target => target.Queue.TakeAll()), Has.All.EqualTo(new[] { 8, 2 }));
        Assert.That(fan.Targets[0].Refusals.Rejected, Is.EqualTo(FanOut.Counts(PublishReason.Full, 1)));
    }

    [Test]
    public async Task WaitToWrite_AfterARefusal_IsToldOnceThatMessageFitsInAll()
    {
        var fan = new FanOut([Sized(BoundedChannelFullMode.Wait), Sized(BoundedChannelFullMode.Wait)]);
        Array.ForEach([4, 4], message => Assert.That(fan.Writer.TryWrite(message), Is.True));
        Assert.That(fan.Writer.TryWrite(6), Is.False);

        var ask = fan.Writer.WaitToWriteAsync().AsTask();
        Assert.That(ask.IsCompleted, Is.False);
        fan.Targets[0].Queue.Take();
        Assert.That(fan.Writer.TryWrite(6), Is.False, "the other has no room");
        fan.Targets[1].Queue.Take();

        Assert.That(await ask.InTime(), Is.True);
        Assert.That(fan.Writer.TryWrite(6), Is.True);
    }

    [Test]
    public async Task Write_NoRoomForThisMessage_WaitsForIt()
    {
        var asked = 0;
        var sized = new FedQueue<int>(BoundedChannelFullMode.Wait, 4, sizeOf: message => message + (0 * asked++), capacityInBytes: Bytes);
        var fan = new FanOut([sized, new FedQueue<int>(BoundedChannelFullMode.DropOldest, 4)]);
        await fan.Writer.WriteAsync(4);
        await fan.Writer.WriteAsync(4);
        var write = fan.Writer.WriteAsync(8).AsTask();
        sized.Queue.Take();
        Assert.That(write.IsCompleted, Is.False);
        Assert.That(fan.Targets[1].Queue.ReadPosition().Queued, Is.EqualTo(2));
        sized.Queue.Take();
        await write.InTime();
        Assert.That(asked, Is.EqualTo(3), "once per publish");
        Assert.That(fan.Targets[1].Queue.TakeAll(), Is.EqualTo(new[] { 4, 4, 8 }));
        fan.AssertNothingRefused();
    }

    [Test]
    public void EveryVerb_SizeOfFailsForOne_ThrowsAndNobodyGetsTheMessage([Values] BoundedChannelFullMode mode)
    {
        var fan = new FanOut(
            [new FedQueue<int>(BoundedChannelFullMode.Wait, 4), new FedQueue<int>(mode, 4, name: "sized", sizeOf: static _ => -1)]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => fan.Writer.TryWrite(1), Throws.InvalidOperationException.With.Message.Contains("'sized'"));
            Assert.That(() => fan.Writer.Publish(1), Throws.InvalidOperationException.With.Message.Contains("'sized'"));
            Assert.That(async () => await fan.Writer.WriteAsync(1), Throws.InvalidOperationException.With.Message.Contains("'sized'"));
            Assert.That(fan.Targets.Select(static target => target.Queue.ReadPosition()), Has.All.EqualTo(default(QueuePosition)));
        }

        fan.AssertNothingRefused();
        fan.Targets[1].Queue.Close(null);
        Assert.That(fan.Writer.TryWrite(1), Is.True, "it has left the fan-out, and is not asked any more");
    }

    [Test]
    public void Publish_OneEvictsForItself_TheOthersKeepTheirs()
    {
        var fan = new FanOut([Sized(BoundedChannelFullMode.DropNewest), new FedQueue<int>(BoundedChannelFullMode.Wait, 4)]);
        Array.ForEach([4, 3, 3, 9], message => Assert.That(fan.Writer.Publish(message).IsAccepted, Is.True));
        Assert.That(fan.Targets[0].Queue.TakeAll(), Is.EqualTo(new[] { 9 }));
        Assert.That(fan.Targets[0].Dropped.Select(static dropped => dropped.Message), Is.EqualTo(new[] { 3, 3, 4 }));
        Assert.That(fan.Targets[1].Queue.TakeAll(), Is.EqualTo(new[] { 4, 3, 3, 9 }));
    }

    private static FedQueue<int> Sized(BoundedChannelFullMode mode) => new(mode, 4, sizeOf: static message => message, capacityInBytes: Bytes);
}
