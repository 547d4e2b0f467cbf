using System.Threading.Channels;
using static System.Threading.Channels.BoundedChannelFullMode;

namespace SidecarPatterns.Tests;

/// <summary>A sidecar that stopped or failed leaves the fan-out, and counts what went past it.</summary>
internal sealed partial class FanOutWriterTests
{
    [Test]
    public async Task EveryVerb_OneIsClosed_TheOthersGetItAndItCounts(
        [Values(0, 1, 2, 3)] int closed, [ValueSource(nameof(Causes))] Exception? cause)
    {
        var fan = new FanOut(Wait, Wait, DropWrite, DropOldest);
        fan.Targets[closed].Queue.Close(cause);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(fan.Writer.TryWrite(1), Is.True);
            Assert.That(fan.Writer.Publish(2), Is.EqualTo(PublishResult.Accepted));
            await fan.Writer.WriteAsync(3);
            Assert.That(await fan.Writer.WaitToWriteAsync(), Is.True);
            for (var i = 0; i < fan.Targets.Length; i++)
            {
                Assert.That(fan.Targets[i].Queue.TakeAll(), Is.EqualTo(i == closed ? [] : new[] { 1, 2, 3 }));
            }

            Assert.That(
                fan.Targets[closed].Refusals.Rejected, Is.EqualTo(FanOut.Counts(cause is null ? PublishReason.Stopped : PublishReason.Failed, 3)));
            Assert.That(fan.Targets.Where((_, i) => i != closed).SelectMany(static target => target.Refusals.Rejected), Is.Empty);
        }
    }

    [Test]
    public void Publish_OneIsClosedWhileFull_ItIsNoHindrance()
    {
        var fan = new FanOut(Wait, Wait);
        fan.Targets[0].Fill(static i => i);
        fan.Targets[0].Queue.Close(null);
        Assert.That(fan.Writer.Publish(10), Is.EqualTo(PublishResult.Accepted));
        Assert.That(fan.Targets[1].Queue.TakeAll(), Is.EqualTo(new[] { 10 }));
        Assert.That(fan.Targets[0].Queue.TakeAll(), Is.EqualTo(new[] { 0, 1, 2, 3 }));
    }

    [Test]
    public void Publish_AnotherIsFull_OnlyTheFullOneCounts([Values(0, 1)] int closed)
    {
        var fan = new FanOut(Wait, Wait);
        fan.Targets[closed].Queue.Close(null);
        fan.Targets[1 - closed].Fill(static i => i);
        Assert.That(fan.Writer.Publish(10), Is.EqualTo(PublishResult.Rejected(PublishReason.Full)));
        Assert.That(fan.Writer.TryWrite(11), Is.False);
        Assert.That(fan.Targets[closed].Refusals.Rejected, Is.Empty, "Nobody got the message: nothing went past it.");
        Assert.That(fan.Targets[1 - closed].Refusals.Rejected, Is.EqualTo(FanOut.Counts(PublishReason.Full, 2)));
    }

    [Test]
    public async Task WriteAsync_OneIsClosedAndItWaitsForAnother_TheClosedOneCountsOnce([Values(0, 1)] int closed)
    {
        var fan = new FanOut(Wait, Wait);
        fan.Targets[closed].Queue.Close(null);
        fan.Targets[1 - closed].Fill(static i => i);
        var write = fan.Writer.WriteAsync(10).AsTask();
        Assert.That(write.IsCompleted, Is.False);
        Assert.That(await fan.Targets[1 - closed].Queue.TakeUntilAsync(10), Is.EqualTo(new[] { 0, 1, 2, 3, 10 }));
        await write;
        Assert.That(fan.Targets[closed].Refusals.Rejected, Is.EqualTo(FanOut.Counts(PublishReason.Stopped, 1)));
        Assert.That(fan.Targets[1 - closed].Refusals.Rejected, Is.Empty);
    }

    [Test]
    public async Task WriteAsync_TheOneItWaitsForCloses_TheOthersGetIt([ValueSource(nameof(Causes))] Exception? cause, [Values(0, 1, 2)] int closing)
    {
        var fan = new FanOut(Wait, Wait, Wait);
        fan.Targets[closing].Fill(static i => i);
        var write = fan.Writer.WriteAsync(10).AsTask();
        var ask = fan.Writer.WaitToWriteAsync().AsTask();
        fan.Targets[closing].Queue.Close(cause);
        await write;
        Assert.That(await ask, Is.True);
        for (var i = 0; i < fan.Targets.Length; i++)
        {
            Assert.That(fan.Targets[i].Queue.TakeAll(), Is.EqualTo(i == closing ? [0, 1, 2, 3] : new[] { 10 }));
            Assert.That(fan.Targets[i].Refusals.Rejected.Total(), Is.EqualTo(i == closing ? 1 : 0));
        }
    }

    [Test]
    public async Task EveryVerb_AllAreClosed_IsToldSo([Values] bool dropsToo, [ValueSource(nameof(Causes))] Exception? cause, [Values(0, 1, 2)] int failed)
    {
        // One may have failed, whichever; the others have stopped.
        var fan = dropsToo ? new FanOut(Wait, DropWrite, DropOldest) : new FanOut(Wait, Wait, Wait);
        for (var i = 0; i < fan.Targets.Length; i++)
        {
            fan.Targets[i].Queue.Close(i == failed ? cause : null);
        }

        var reason = cause is null ? PublishReason.Stopped : PublishReason.Failed;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(fan.Writer.TryWrite(1), Is.False);
            Assert.That(fan.Writer.Publish(2), Is.EqualTo(PublishResult.Rejected(reason)));
            Assert.That(
                async () => await fan.Writer.WriteAsync(3), Throws.TypeOf<ChannelClosedException>().With.InnerException.SameAs(cause));
            Assert.That(fan.Targets.Select(static target => target.Refusals.Rejected.Total()), Has.All.EqualTo(3));
            if (cause is null)
            {
                Assert.That(await fan.Writer.WaitToWriteAsync(), Is.False);
            }
            else
            {
                Assert.That(async () => await fan.Writer.WaitToWriteAsync(), Throws.Exception.SameAs(cause));
            }
        }
    }

    [Test]
    public void WriteAsync_AllCloseWhileItWaits_IsToldSo()
    {
        var fan = new FanOut(Wait, Wait);
        Array.ForEach(fan.Targets, static target => target.Fill(static i => i));
        var write = fan.Writer.WriteAsync(10).AsTask();
        var ask = fan.Writer.WaitToWriteAsync().AsTask();
        Array.ForEach(fan.Targets, static target => target.Queue.Close(null));
        Assert.That(async () => await write, Throws.TypeOf<ChannelClosedException>());
        Assert.That(async () => await ask, Is.False);
        Assert.That(fan.Targets.Select(static target => target.Refusals.Rejected.Total()), Has.All.EqualTo(1));
    }

    [Test]
    public void Publish_ClosedAndDropped_IsTheWorstOfThoseThatAreOpen()
    {
        var fan = new FanOut(Wait, DropWrite);
        fan.Targets[0].Queue.Close(null);
        fan.Targets[1].Fill(static i => i);
        Assert.That(fan.Writer.Publish(10), Is.EqualTo(PublishResult.Dropped(PublishReason.Full)));
        Assert.That(fan.Targets[0].Refusals.Rejected, Is.EqualTo(FanOut.Counts(PublishReason.Stopped, 1)));
    }
}
