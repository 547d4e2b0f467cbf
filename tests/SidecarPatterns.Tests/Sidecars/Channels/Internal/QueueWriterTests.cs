using System.Threading.Channels;
using static System.Threading.Channels.BoundedChannelFullMode;

namespace SidecarPatterns.Tests;

[TestFixture]
internal sealed partial class QueueWriterTests
{
    private const int Patience = 30_000;
    private const int Capacity = 2;

    private static readonly BoundedChannelFullMode[] Modes = Enum.GetValues<BoundedChannelFullMode>();
    private static readonly Exception?[] Causes = [null, new InvalidDataException("It failed.")];

    [Test]
    public async Task EveryVerb_Room_Accepts([ValueSource(nameof(Modes))] BoundedChannelFullMode mode)
    {
        var fed = new FedQueue<int>(mode, 4);
        var writer = fed.Writer;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(writer.Capacity, Is.EqualTo(4));
            Assert.That(writer.TryWrite(1), Is.True);
            Assert.That(writer.Publish(2), Is.EqualTo(PublishResult.Accepted));
            await writer.WriteAsync(3);
            Assert.That(await writer.WaitToWriteAsync(), Is.True);
            Assert.That(writer.Count, Is.EqualTo(3));
            Assert.That(fed.Queue.TakeAll(), Is.EqualTo(new[] { 1, 2, 3 }));
            Assert.That(writer.Count, Is.Zero);
            AssertNothingRefused(fed);
        }
    }

    [Test]
    public async Task Wait_Full_RefusesOrWaits()
    {
        var fed = Full(Wait);
        var write = fed.Writer.WriteAsync(10);
        var ask = fed.Writer.WaitToWriteAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(fed.Writer.TryWrite(11), Is.False);
            Assert.That(fed.Writer.Publish(12), Is.EqualTo(PublishResult.Rejected(PublishReason.Full)));
            Assert.That(write.IsCompleted, Is.False);
            Assert.That(ask.IsCompleted, Is.False);
            Assert.That(fed.Refusals.Rejected, Is.EqualTo(Counts(PublishReason.Full, 2)));
            Assert.That(fed.Refusals.Dropped, Is.Empty);
            Assert.That(fed.Dropped, Is.Empty);
        }

        Assert.That(fed.Queue.Take(), Is.Zero);
        await write;
        Assert.That(fed.Queue.Take(), Is.EqualTo(1));
        fed.Queue.ServeWaitingPublishers();
        Assert.That(await ask, Is.True);
        Assert.That(fed.Queue.TakeAll(), Is.EqualTo(new[] { 10 }));
    }

    [Test]
    public async Task DropWrite_Full_DropsTheNewOneAndTells()
    {
        var fed = Full(DropWrite);
        var write = fed.Writer.WriteAsync(12);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(write.IsCompletedSuccessfully, Is.True, "It never waits.");
            Assert.That(fed.Writer.TryWrite(10), Is.False);
            Assert.That(fed.Writer.Publish(11), Is.EqualTo(PublishResult.Dropped(PublishReason.Full)));
            Assert.That(fed.Dropped.Select(static dropped => dropped.Message), Is.EqualTo(new[] { 12, 10, 11 }));
            Assert.That(fed.Dropped, Has.All.Property(nameof(OnDroppedArguments<>.WasAccepted)).False);
            Assert.That(fed.Dropped, Has.All.Property(nameof(OnDroppedArguments<>.SidecarName)).EqualTo("audit"));
            Assert.That(fed.Refusals.Dropped, Is.EqualTo(Counts(PublishReason.Full, 3)));
            Assert.That(fed.Refusals.Rejected, Is.Empty);
            Assert.That(fed.Queue.ReadPosition(), Is.EqualTo(new QueuePosition(Capacity, 0, 0)));
            Assert.That(fed.Queue.TakeAll(), Is.EqualTo(new[] { 0, 1 }));
        }

        await write;
    }

    [Test]
    public async Task DropWrite_Full_WaitToWriteAsyncWaitsForRoom()
    {
        var fed = Full(DropWrite);
        var ask = fed.Writer.WaitToWriteAsync();
        Assert.That(ask.IsCompleted, Is.False);
        fed.Queue.Take();
        fed.Queue.ServeWaitingPublishers();
        Assert.That(await ask, Is.True);
        Assert.That(fed.Writer.TryWrite(10), Is.True);
        AssertNothingRefused(fed);
    }

    [Test]
    public async Task Evicting_Full_AcceptsAndTellsOfTheEvicted([Values(DropOldest, DropNewest)] BoundedChannelFullMode mode)
    {
        var fed = Full(mode);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await fed.Writer.WaitToWriteAsync(), Is.True);
            Assert.That(fed.Writer.TryWrite(10), Is.True);
            Assert.That(fed.Writer.Publish(11), Is.EqualTo(PublishResult.Accepted));
            await fed.Writer.WriteAsync(12);
            Assert.That(fed.Dropped.Select(static dropped => dropped.Message), Is.EqualTo(mode == DropOldest ? [0, 1, 10] : new[] { 1, 10, 11 }));
            Assert.That(fed.Dropped, Has.All.Property(nameof(OnDroppedArguments<>.WasAccepted)).True);
            Assert.That(fed.Dropped, Has.All.Property(nameof(OnDroppedArguments<>.SidecarName)).EqualTo("audit"));
            Assert.That(fed.Queue.ReadPosition(), Is.EqualTo(new QueuePosition(5, 3, 0)));
            Assert.That(fed.Queue.TakeAll(), Is.EqualTo(mode == DropOldest ? [11, 12] : new[] { 0, 12 }));
            Assert.That(fed.Refusals.Dropped, Is.Empty, "They were accepted: the queue counts them as evicted.");
            Assert.That(fed.Refusals.Rejected, Is.Empty);
        }
    }

    [Test]
    public async Task EveryVerb_Closed_IsToldSo(
        [ValueSource(nameof(Modes))] BoundedChannelFullMode mode, [ValueSource(nameof(Causes))] Exception? cause, [Values] bool isFull)
    {
        var fed = isFull ? Full(mode) : new FedQueue<int>(mode, Capacity);
        var reason = cause is null ? PublishReason.Stopped : PublishReason.Failed;
        fed.Queue.Close(cause);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(fed.Writer.TryWrite(1), Is.False);
            Assert.That(fed.Writer.Publish(2), Is.EqualTo(PublishResult.Rejected(reason)));
            Assert.That(
                async () => await fed.Writer.WriteAsync(3), Throws.TypeOf<ChannelClosedException>().With.InnerException.SameAs(cause));
            Assert.That(fed.Refusals.Rejected, Is.EqualTo(Counts(reason, 3)));
            Assert.That(fed.Refusals.Dropped, Is.Empty);
            Assert.That(fed.Dropped, Is.Empty);
            Assert.That(fed.Writer.Count, Is.EqualTo(isFull ? Capacity : 0));
            if (cause is null)
            {
                Assert.That(await fed.Writer.WaitToWriteAsync(), Is.False);
            }
            else
            {
                Assert.That(async () => await fed.Writer.WaitToWriteAsync(), Throws.Exception.SameAs(cause));
            }
        }
    }

    [Test]
    public void WriteAsync_ClosedWhileItWaits_IsToldAndCounted([ValueSource(nameof(Causes))] Exception? cause)
    {
        var fed = Full(Wait);
        var write = fed.Writer.WriteAsync(10);
        fed.Queue.Close(cause);
        Assert.That(async () => await write, Throws.TypeOf<ChannelClosedException>().With.InnerException.SameAs(cause));
        Assert.That(fed.Refusals.Rejected, Is.EqualTo(Counts(fed.Queue.ClosedReason, 1)));
        Assert.That(fed.Queue.TakeAll(), Is.EqualTo(new[] { 0, 1 }));
    }

    [Test]
    public async Task WriteAsync_Cancelled_IsToldAndNotCounted([ValueSource(nameof(Modes))] BoundedChannelFullMode mode)
    {
        var fed = Full(mode);
        using var cancellation = new CancellationTokenSource();
        var waiting = mode == Wait ? fed.Writer.WriteAsync(10, cancellation.Token).AsTask() : null;
        await cancellation.CancelAsync();
        using (Assert.EnterMultipleScope())
        {
            foreach (var wait in (Func<Task>[])
                [
                    () => waiting ?? fed.Writer.WriteAsync(10, cancellation.Token).AsTask(),
                    () => fed.Writer.WriteAsync(11, cancellation.Token).AsTask(),
                    () => fed.Writer.WaitToWriteAsync(cancellation.Token).AsTask(),
                ])
            {
                Assert.That(
                    async () => await wait(),
                    Throws.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(cancellation.Token));
            }

            Assert.That(fed.Queue.TakeAll(), Is.EqualTo(new[] { 0, 1 }));
            AssertNothingRefused(fed);
        }
    }

    [Test]
    public void EveryVerb_Null_IsRefused([ValueSource(nameof(Modes))] BoundedChannelFullMode mode, [Values] bool isClosed)
    {
        var fed = new FedQueue<string>(mode, Capacity);
        if (isClosed)
        {
            fed.Queue.Close(null);
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => fed.Writer.TryWrite(null!), Throws.ArgumentNullException);
            Assert.That(() => fed.Writer.Publish(null!), Throws.ArgumentNullException);
            Assert.That(async () => await fed.Writer.WriteAsync(null!), Throws.ArgumentNullException);
            Assert.That(fed.Queue.ReadPosition(), Is.EqualTo(default(QueuePosition)));
            Assert.That(fed.Refusals.Rejected, Is.Empty);
        }
    }

    [Test]
    public void TryComplete_ByTheApplication_DoesNothing([ValueSource(nameof(Modes))] BoundedChannelFullMode mode)
    {
        var fed = new FedQueue<int>(mode, Capacity);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(fed.Writer.TryComplete(), Is.False);
            Assert.That(fed.Writer.TryComplete(new InvalidDataException()), Is.False);
            Assert.That(() => fed.Writer.Complete(), Throws.TypeOf<ChannelClosedException>(), "As the framework says it where completing does nothing.");
            Assert.That(fed.Queue.IsClosed, Is.False);
            Assert.That(fed.Writer.TryWrite(1), Is.True);
        }
    }

    [Test]
    public async Task UsualLoop_ManyPublishers_LosesNothing([Values(Wait, DropWrite)] BoundedChannelFullMode mode)
    {
        const int Publishers = 4;
        const int Each = 500;
        var fed = new FedQueue<int>(mode, Capacity);
        var drain = Task.Run(fed.Queue.DrainAsync);
        long dropped = 0;
        await Task.WhenAll(Enumerable.Range(0, Publishers).Select(publisher => Task.Run(async () =>
        {
            for (var i = 0; i < Each; i++)
            {
                while (await fed.Writer.WaitToWriteAsync() && !fed.Writer.TryWrite(publisher))
                {
                    Interlocked.Increment(ref dropped); // Another one took the room: told so, and tried again.
                }
            }
        })));
        fed.Queue.Close(null);
        var taken = await drain;
        Assert.That(taken.CountBy(static publisher => publisher).Select(static pair => pair.Value), Is.EqualTo(Enumerable.Repeat(Each, Publishers)));
        Assert.That(fed.Refusals.Dropped.Total(), Is.EqualTo(mode == DropWrite ? dropped : 0));
        Assert.That(fed.Refusals.Rejected.Total(), Is.EqualTo(mode == DropWrite ? 0 : dropped));
        Assert.That(fed.Dropped, Has.Count.EqualTo(fed.Refusals.Dropped.Total()));
    }

    private static FedQueue<int> Full(BoundedChannelFullMode mode, Action<OnDroppedArguments<int>>? onDropped = null)
    {
        var fed = new FedQueue<int>(mode, Capacity, onDropped);
        fed.Fill(static i => i);
        return fed;
    }

    private static Dictionary<PublishReason, long> Counts(PublishReason reason, long count) => new() { [reason] = count };

    private static void AssertNothingRefused(FedQueue<int> fed)
    {
        Assert.That(fed.Refusals.Rejected, Is.Empty);
        Assert.That(fed.Refusals.Dropped, Is.Empty);
        Assert.That(fed.Dropped, Is.Empty);
    }
}
