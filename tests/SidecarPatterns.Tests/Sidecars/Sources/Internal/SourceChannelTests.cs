using System.Threading.Channels;

namespace SidecarPatterns.Tests.Sidecars.Sources.Internal;

/// <summary>Both ends of a source's channel, without a host.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class SourceChannelTests
{
    private static readonly InvalidOperationException Cause = new("broken");

    [Test]
    public void Output_NullMessage_IsRefusedByEveryVerb()
    {
        var channel = new SourceChannel<string>(1, BoundedChannelFullMode.Wait);
        var output = new SourceOutput<string>(channel, CancellationToken.None);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => output.TryWrite(null!), Throws.ArgumentNullException);
            Assert.That(() => output.WriteAsync(null!).AsTask(), Throws.ArgumentNullException);
            Assert.That(channel.ReadAccount().Accepted, Is.Zero);
        }
    }

    [Test]
    public void Output_FullInWaitMode_TryWriteIsRejectedAndCounted()
    {
        var channel = Full(BoundedChannelFullMode.Wait);
        var output = new SourceOutput<int>(channel, CancellationToken.None);

        Assert.That(output.TryWrite(2), Is.False);
        Assert.That(channel.ReadAccount().Rejected, Is.EquivalentTo(new Dictionary<PublishReason, long> { [PublishReason.Full] = 1 }));
    }

    [TestCase(null, PublishReason.Stopped)]
    [TestCase("cause", PublishReason.Failed)]
    public async Task Output_Closed_EveryVerbIsToldAndTheReasonIsCounted(string? cause, PublishReason reason)
    {
        var channel = new SourceChannel<int>(1, BoundedChannelFullMode.Wait);
        channel.Close(cause is null ? null : Cause);
        var output = new SourceOutput<int>(channel, CancellationToken.None);

        var written = await output.WriteAsync(1).AsTask().FailureAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(written, Is.TypeOf<ChannelClosedException>().With.InnerException.SameAs(cause is null ? null : Cause));
            Assert.That(output.TryWrite(1), Is.False);
            Assert.That(channel.ReadAccount().Rejected, Is.EquivalentTo(new Dictionary<PublishReason, long> { [reason] = 2 }));
        }
    }

    [Test]
    public async Task Output_ClosedWhileItWaitsForRoom_IsToldTheCause()
    {
        var channel = Full(BoundedChannelFullMode.Wait);
        var write = new SourceOutput<int>(channel, CancellationToken.None).WriteAsync(2).AsTask();
        Assert.That(write.IsCompleted, Is.False);

        channel.Close(Cause);

        Assert.That(await write.FailureAsync(), Is.TypeOf<ChannelClosedException>().With.InnerException.SameAs(Cause));
        Assert.That(channel.ReadAccount().Rejected![PublishReason.Failed], Is.EqualTo(1));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Output_CancelledWhileItWaitsForRoom_ThrowsWithTheTokenThatEndedIt(bool byStop)
    {
        using var stopping = new CancellationTokenSource();
        using var own = new CancellationTokenSource();
        var channel = Full(BoundedChannelFullMode.Wait);
        var output = new SourceOutput<int>(channel, stopping.Token);
        var wait = output.WaitToWriteAsync(own.Token).AsTask();
        var write = output.WriteAsync(2, own.Token).AsTask();

        await (byStop ? stopping : own).CancelAsync();

        var expected = byStop ? stopping.Token : own.Token;
        using (Assert.EnterMultipleScope())
        {
            Assert.That((await wait.FailureAsync() as OperationCanceledException)?.CancellationToken, Is.EqualTo(expected));
            Assert.That((await write.FailureAsync() as OperationCanceledException)?.CancellationToken, Is.EqualTo(expected));
            Assert.That(channel.ReadAccount().Accepted, Is.EqualTo(1));
            Assert.That(channel.ReadAccount().Rejected, Is.Empty);
        }
    }

    [Test]
    public async Task Output_CancelledBeforeItWrites_WritesNothing()
    {
        var cancelled = new CancellationToken(canceled: true);
        var channel = new SourceChannel<int>(1, BoundedChannelFullMode.Wait);

        var failure = await new SourceOutput<int>(channel, CancellationToken.None).WriteAsync(1, cancelled).AsTask().FailureAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That((failure as OperationCanceledException)?.CancellationToken, Is.EqualTo(cancelled));
            Assert.That(channel.ReadAccount().Accepted, Is.Zero);
        }
    }

    [Test]
    public async Task Output_SeveralWaitForRoom_EachWritesOnceThereIsRoomForIt()
    {
        var channel = Full(BoundedChannelFullMode.Wait);
        var output = new SourceOutput<int>(channel, CancellationToken.None);
        Task[] writes = [output.WriteAsync(2).AsTask(), output.WriteAsync(3).AsTask()];

        for (var taken = 1; taken <= 3; taken++)
        {
            await Eventually.HoldsAsync(() => channel.TryTake(out _));
        }

        await Task.WhenAll(writes).InTime();
        Assert.That((channel.ReadAccount().Accepted, channel.ReadAccount().Handled), Is.EqualTo((3L, 3L)));
    }

    [Test]
    public async Task Output_StopRequestedAndThereIsRoom_StillWrites()
    {
        var channel = new SourceChannel<int>(1, BoundedChannelFullMode.Wait);
        var output = new SourceOutput<int>(channel, new CancellationToken(canceled: true));

        await output.WriteAsync(1, CancellationToken.None);

        Assert.That(channel.ReadAccount().Queued, Is.EqualTo(1));
    }

    [Test]
    public async Task Output_WaitToWriteInTheModeThatDropsWrites_WaitsForRoom()
    {
        var channel = Full(BoundedChannelFullMode.DropWrite);
        var wait = new SourceOutput<int>(channel, CancellationToken.None).WaitToWriteAsync().AsTask();
        Assert.That(wait.IsCompleted, Is.False, "else the usual loop would spin");

        channel.TryTake(out _);

        Assert.That(await wait.InTime(), Is.True);
    }

    [Test]
    public void Reader_SaysThatItCountsAndPeeks()
    {
        var reader = new SourceReader<int>(Full(BoundedChannelFullMode.Wait));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(reader.CanCount, Is.True);
            Assert.That(reader.CanPeek, Is.True);
            Assert.That(reader.Count, Is.EqualTo(1));
        }
    }

    [Test]
    public async Task Reader_CancelledBeforeItReads_TakesNoMessage()
    {
        var channel = Full(BoundedChannelFullMode.Wait);

        var failure = await new SourceReader<int>(channel).ReadAsync(new CancellationToken(canceled: true)).AsTask().FailureAsync();

        Assert.That(failure, Is.InstanceOf<OperationCanceledException>());
        Assert.That(channel.Count, Is.EqualTo(1));
    }

    [Test]
    public async Task Reader_CancelledWhileItWaits_TakesNoMessage()
    {
        var channel = new SourceChannel<int>(1, BoundedChannelFullMode.Wait);
        var reader = new SourceReader<int>(channel);
        using var cancellation = new CancellationTokenSource();
        var read = reader.ReadAsync(cancellation.Token).AsTask();

        await cancellation.CancelAsync();
        var failure = await read.FailureAsync();
        channel.TryOffer(7);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((failure as OperationCanceledException)?.CancellationToken, Is.EqualTo(cancellation.Token));
            Assert.That(reader.TryPeek(out var peeked), Is.True);
            Assert.That(peeked, Is.EqualTo(7));
            Assert.That(channel.ReadAccount().Handled, Is.Zero, "to look is not to read");
        }
    }

    [Test]
    public async Task Reader_ClosedWithACancellation_ReadsEndAndDoNotHang()
    {
        var channel = new SourceChannel<int>(1, BoundedChannelFullMode.Wait);
        var reader = new SourceReader<int>(channel);
        var read = reader.ReadAsync().AsTask();

        channel.Close(new OperationCanceledException("of the source's own"));

        Assert.That(await read.FailureAsync(), Is.TypeOf<ChannelClosedException>().With.InnerException.TypeOf<OperationCanceledException>());
    }

    [Test]
    public void Close_Twice_TheFirstDecides()
    {
        var channel = new SourceChannel<int>(1, BoundedChannelFullMode.Wait);
        channel.Close(cause: null);
        channel.Close(Cause);

        Assert.That(channel.Completion.IsCompletedSuccessfully, Is.True);
        Assert.That(channel.ClosedException.InnerException, Is.Null);
    }

    private static SourceChannel<int> Full(BoundedChannelFullMode mode)
    {
        var channel = new SourceChannel<int>(1, mode);
        channel.TryOffer(1);
        return channel;
    }
}
