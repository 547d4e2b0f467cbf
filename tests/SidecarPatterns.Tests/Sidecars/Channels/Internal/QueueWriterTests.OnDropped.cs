using System.Threading.Channels;
using static System.Threading.Channels.BoundedChannelFullMode;

namespace SidecarPatterns.Tests;

internal sealed partial class QueueWriterTests
{
    private static readonly BoundedChannelFullMode[] DroppingModes = [DropWrite, DropOldest, DropNewest];

    [Test, CancelAfter(Patience)]
    public async Task OnDropped_Called_RunsOnThePublishersThreadOutsideAnyLock(
        [ValueSource(nameof(DroppingModes))] BoundedChannelFullMode mode, CancellationToken ct)
    {
        FedQueue<int>? fed = null;
        var thread = 0;
        fed = Full(mode, _ =>
        {
            thread = Environment.CurrentManagedThreadId;

            // Somebody else publishes, takes and looks meanwhile.
            var other = Task.Run(() => fed!.Queue.TryTake(out var _) && fed.Writer.TryWrite(20) && fed.Writer.Count == Capacity, ct);
            Assert.That(other.WaitAsync(ct).GetAwaiter().GetResult(), Is.True);
        });
        await Task.Run(
            () =>
            {
                fed.Writer.TryWrite(10);
                Assert.That(thread, Is.EqualTo(Environment.CurrentManagedThreadId));
            },
            ct).WaitAsync(ct);
        Assert.That(fed.CallbackErrors, Is.Empty);
    }

    [Test]
    public void OnDropped_Throws_IsReportedAndSwallowed([ValueSource(nameof(DroppingModes))] BoundedChannelFullMode mode)
    {
        var failure = new InvalidDataException();
        var fed = Full(mode, _ => throw failure);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(fed.Writer.Publish(10), Is.EqualTo(mode == DropWrite ? PublishResult.Dropped(PublishReason.Full) : PublishResult.Accepted));
            Assert.That(fed.Writer.TryWrite(11), Is.EqualTo(mode != DropWrite));
            Assert.That(fed.Writer.WriteAsync(12).AsTask().IsCompletedSuccessfully, Is.True);
            Assert.That(fed.CallbackErrors, Is.EqualTo(new[] { failure, failure, failure }));
        }

        fed.Queue.TakeAll();
        Assert.That(fed.Writer.TryWrite(13), Is.True, "The callback is over: its failure left nothing behind.");
    }

    [Test]
    public void OnDropped_PublishesToTheSameQueue_IsRejected([ValueSource(nameof(DroppingModes))] BoundedChannelFullMode mode, [Values] bool hasRoom)
    {
        FedQueue<int>? fed = null;
        fed = Full(mode, _ =>
        {
            if (hasRoom)
            {
                fed!.Queue.TakeAll();
            }

            var writer = fed!.Writer;
            using (Assert.EnterMultipleScope())
            {
                Assert.That(writer.TryWrite(20), Is.False);
                Assert.That(writer.Publish(21), Is.EqualTo(PublishResult.Rejected(PublishReason.InsideOnDropped)));
                Assert.That(writer.WriteAsync(22).AsTask().Exception?.InnerException, Is.TypeOf<InvalidOperationException>());
                Assert.That(writer.WaitToWriteAsync().AsTask().Exception?.InnerException, Is.TypeOf<InvalidOperationException>());
            }
        });
        fed.Writer.TryWrite(10);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(fed.CallbackErrors, Is.Empty);
            Assert.That(fed.Dropped, Has.Count.EqualTo(1));
            Assert.That(fed.Refusals.Rejected, Is.EqualTo(Counts(PublishReason.InsideOnDropped, 3)));
            fed.Queue.TakeAll();
            Assert.That(fed.Writer.Publish(30), Is.EqualTo(PublishResult.Accepted));
        }
    }

    [Test]
    public void OnDropped_PublishesToAnotherQueue_IsHeard([ValueSource(nameof(DroppingModes))] BoundedChannelFullMode mode)
    {
        var overflow = new FedQueue<int>(Wait, 4, name: "overflow");
        var fed = Full(mode, dropped => overflow.Writer.TryWrite(dropped.Message));
        fed.Writer.TryWrite(10);
        fed.Writer.TryWrite(11);
        Assert.That(overflow.Queue.TakeAll(), Is.EqualTo(fed.Dropped.Select(static dropped => dropped.Message)));
        Assert.That(overflow.Writer.Count + fed.Dropped.Count, Is.EqualTo(2));
    }

    [Test]
    public void OnDropped_TwoQueuesOverflowIntoEachOther_Ends([ValueSource(nameof(DroppingModes))] BoundedChannelFullMode mode)
    {
        // Without an end this would exhaust the stack and the process: so it is counted, and stops by itself.
        var calls = 0;
        FedQueue<int>? first = null;
        FedQueue<int>? second = null;
        first = Full(mode, _ => Overflow(second!));
        second = Full(mode, _ => Overflow(first));
        first.Writer.TryWrite(10);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(calls, Is.EqualTo(2));
            Assert.That(first.Refusals.Rejected, Is.EqualTo(Counts(PublishReason.InsideOnDropped, 1)));
            Assert.That(second.Refusals.Rejected, Is.Empty);
        }

        void Overflow(FedQueue<int> other)
        {
            if (++calls < 20)
            {
                other.Writer.TryWrite(20);
            }
        }
    }

    [Test, CancelAfter(Patience)]
    public async Task OnDropped_RunsOnOneThread_OtherPublishersAreHeard(
        [ValueSource(nameof(DroppingModes))] BoundedChannelFullMode mode, CancellationToken ct)
    {
        FedQueue<int>? fed = null;
        var answer = default(PublishResult);
        fed = Full(mode, dropped =>
        {
            if (dropped.Message < 20)
            {
                fed!.Queue.TakeAll();
                answer = Task.Run(() => fed.Writer.Publish(20), ct).WaitAsync(ct).GetAwaiter().GetResult();
            }
        });
        await Task.Run(() => fed.Writer.TryWrite(10), ct).WaitAsync(ct);
        Assert.That(answer, Is.EqualTo(PublishResult.Accepted));
        Assert.That(fed.CallbackErrors, Is.Empty);
        Assert.That(fed.Queue.TakeAll(), Does.Contain(20));
    }
}
