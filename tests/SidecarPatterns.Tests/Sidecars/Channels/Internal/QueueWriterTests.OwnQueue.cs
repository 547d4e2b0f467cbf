using System.Threading.Channels;
using static System.Threading.Channels.BoundedChannelFullMode;

namespace SidecarPatterns.Tests;

/// <summary>A handler that publishes to its own queue: told at once where it would wait for itself.</summary>
internal sealed partial class QueueWriterTests
{
    [Test]
    public void OwnHandler_Room_Accepts([ValueSource(nameof(Modes))] BoundedChannelFullMode mode)
    {
        var fed = new FedQueue<int>(mode, 4);
        var call = new HandlerCall(fed.Queue);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(call.Do(() => fed.Writer.TryWrite(1)), Is.True);
            Assert.That(call.Do(() => fed.Writer.Publish(2)), Is.EqualTo(PublishResult.Accepted));
            Assert.That(call.Do(() => fed.Writer.WriteAsync(3).AsTask()).IsCompletedSuccessfully, Is.True);
            Assert.That(call.Do(() => fed.Writer.WaitToWriteAsync().AsTask()).Result, Is.True);
            AssertNothingRefused(fed);
        }
    }

    [Test]
    public void OwnHandler_WaitAndFull_IsToldAtOnce()
    {
        var fed = Full(Wait);
        var call = new HandlerCall(fed.Queue);
        var write = call.Do(() => fed.Writer.WriteAsync(10).AsTask());
        var ask = call.Do(() => fed.Writer.WaitToWriteAsync().AsTask());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(write.Exception?.InnerException, Is.TypeOf<InvalidOperationException>().With.Message.Contains("'audit'"));
            Assert.That(ask.Exception?.InnerException, Is.TypeOf<InvalidOperationException>().With.Message.Contains("'audit'"));
            Assert.That(call.Do(() => fed.Writer.TryWrite(11)), Is.False);
            Assert.That(call.Do(() => fed.Writer.Publish(12)), Is.EqualTo(PublishResult.Rejected(PublishReason.OwnQueueFull)));
            Assert.That(fed.Refusals.Rejected, Is.EqualTo(Counts(PublishReason.OwnQueueFull, 3)));
            Assert.That(fed.Queue.ReadPosition(), Is.EqualTo(new QueuePosition(Capacity, 0, 0)));
        }
    }

    [Test]
    public void OwnHandler_DropWriteAndFull_DropsAndDoesNotWait()
    {
        var fed = Full(DropWrite);
        var call = new HandlerCall(fed.Queue);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(call.Do(() => fed.Writer.Publish(10)), Is.EqualTo(PublishResult.Dropped(PublishReason.Full)));
            Assert.That(call.Do(() => fed.Writer.WriteAsync(11).AsTask()).IsCompletedSuccessfully, Is.True);
            Assert.That(call.Do(() => fed.Writer.WaitToWriteAsync().AsTask()).Exception?.InnerException, Is.TypeOf<InvalidOperationException>());
            Assert.That(fed.Dropped.Select(static dropped => dropped.Message), Is.EqualTo(new[] { 10, 11 }));
            Assert.That(fed.Refusals.Dropped, Is.EqualTo(Counts(PublishReason.Full, 2)));
            Assert.That(fed.Refusals.Rejected, Is.Empty);
        }
    }

    [Test]
    public void OwnHandler_EvictingAndFull_IsAccepted([Values(DropOldest, DropNewest)] BoundedChannelFullMode mode)
    {
        var fed = Full(mode);
        var call = new HandlerCall(fed.Queue);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(call.Do(() => fed.Writer.WaitToWriteAsync().AsTask()).Result, Is.True, "There is always room.");
            Assert.That(call.Do(() => fed.Writer.TryWrite(10)), Is.True);
            Assert.That(call.Do(() => fed.Writer.Publish(11)), Is.EqualTo(PublishResult.Accepted));
            Assert.That(call.Do(() => fed.Writer.WriteAsync(12).AsTask()).IsCompletedSuccessfully, Is.True);
            Assert.That(fed.Dropped, Has.Count.EqualTo(3));
        }
    }

    [Test]
    public async Task OwnHandler_OthersWaitForTheOnlyPlace_IsToldAtOnce()
    {
        // The place that the handled message left is promised to those in line: to wait behind them would be to wait for the next take.
        var fed = new FedQueue<int>(Wait, 16);
        fed.Fill(static i => i);
        Task[] line = [.. Enumerable.Range(16, 4).Select(i => fed.Writer.WriteAsync(i).AsTask())];
        fed.Queue.Take();
        fed.Queue.Take();
        var call = new HandlerCall(fed.Queue);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(call.Do(() => fed.Writer.WaitToWriteAsync().AsTask()).Exception?.InnerException, Is.TypeOf<InvalidOperationException>());
            Assert.That(call.Do(() => fed.Writer.WriteAsync(-1).AsTask()).Exception?.InnerException, Is.TypeOf<InvalidOperationException>());
            Assert.That(call.Do(() => fed.Writer.Publish(-1)), Is.EqualTo(PublishResult.Rejected(PublishReason.OwnQueueFull)));
        }

        Assert.That(await fed.Queue.TakeUntilAsync(19), Is.EqualTo(Enumerable.Range(2, 18)));
        await Task.WhenAll(line);
    }

    [Test, CancelAfter(Patience)]
    public async Task OwnHandler_OthersPublishMeanwhile_NeverWaits(CancellationToken ct)
    {
        // The room that a handler saw may be gone when it comes back for it: it is told again, and never left waiting.
        var fed = new FedQueue<int>(Wait, 1);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var others = Task.Run(
            async () =>
            {
                while (!end.IsCancellationRequested)
                {
                    fed.Writer.TryWrite(1);
                    await Task.Yield();
                }
            },
            ct);
        var seen = new bool[2];
        for (var i = 0; i < 20_000; i++)
        {
            fed.Queue.TryTake(out _);
            var ask = HandlerCall.Once(fed.Queue, () => fed.Writer.WaitToWriteAsync(ct).AsTask());
            Assert.That(ask.IsCompleted, Is.True);
            seen[ask.IsFaulted ? 1 : 0] = true;
        }

        await end.CancelAsync();
        await others.WaitAsync(ct);
        Assert.That(seen[0], Is.True);
    }

    [Test]
    public async Task OwnHandler_Closed_IsToldThat([ValueSource(nameof(Modes))] BoundedChannelFullMode mode, [ValueSource(nameof(Causes))] Exception? cause)
    {
        var fed = Full(mode);
        fed.Queue.Close(cause);
        var call = new HandlerCall(fed.Queue);
        var write = call.Do(() => fed.Writer.WriteAsync(1).AsTask());
        var ask = call.Do(() => fed.Writer.WaitToWriteAsync().AsTask());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(write.Exception?.InnerException, Is.TypeOf<ChannelClosedException>());
            Assert.That(call.Do(() => fed.Writer.Publish(1)), Is.EqualTo(PublishResult.Rejected(fed.Queue.ClosedReason)));
            if (cause is null)
            {
                Assert.That(await ask, Is.False);
            }
            else
            {
                Assert.That(async () => await ask, Throws.Exception.SameAs(cause));
            }
        }
    }

    [Test]
    public void OwnHandler_Cancelled_IsToldThat()
    {
        var fed = Full(Wait);
        var cancelled = new CancellationToken(canceled: true);
        Assert.That(HandlerCall.Once(fed.Queue, () => fed.Writer.WaitToWriteAsync(cancelled).AsTask()).IsCanceled, Is.True);
        Assert.That(HandlerCall.Once(fed.Queue, () => fed.Writer.WriteAsync(1, cancelled).AsTask()).IsCanceled, Is.True);
    }

    [Test]
    public async Task OwnHandler_WorkItStarted_IsToldWhileTheCallRunsAndWaitsAfterwards()
    {
        var fed = Full(Wait);
        var call = new HandlerCall(fed.Queue);
        var during = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var afterwards = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var refused = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answers = new List<PublishResult>();
        var work = call.Do(() => Task.Run(async () =>
        {
            answers.Add(fed.Writer.Publish(10));
            during.SetResult();
            await afterwards.Task;
            answers.Add(fed.Writer.Publish(11));
            refused.SetResult();
            await fed.Writer.WriteAsync(12);
        }));
        await during.Task;
        call.End();
        afterwards.SetResult();
        await refused.Task;
        Assert.That(await fed.Queue.TakeUntilAsync(12), Is.EqualTo(new[] { 0, 1, 12 }));
        await work;
        Assert.That(answers, Is.EqualTo(new[] { PublishResult.Rejected(PublishReason.OwnQueueFull), PublishResult.Rejected(PublishReason.Full) }));
    }

    [Test]
    public async Task OwnHandler_OfAnotherQueue_Waits()
    {
        var fed = Full(Wait);
        var other = Full(Wait);
        var call = new HandlerCall(other.Queue);
        var write = call.Do(() => fed.Writer.WriteAsync(10).AsTask());
        var ask = call.Do(() => fed.Writer.WaitToWriteAsync().AsTask());
        Assert.That(call.Do(() => fed.Writer.Publish(11)), Is.EqualTo(PublishResult.Rejected(PublishReason.Full)));
        Assert.That(write.IsCompleted, Is.False);
        Assert.That(ask.IsCompleted, Is.False);
        Assert.That(await fed.Queue.TakeUntilAsync(10), Is.EqualTo(new[] { 0, 1, 10 }));
        fed.Queue.ServeWaitingPublishers();
        await write;
        Assert.That(await ask, Is.True);
    }
}
