using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;

namespace SidecarPatterns;

/// <summary>Those who wait until all that was queued is settled.</summary>
[TestFixture]
[CancelAfter(300_000)]
internal sealed class FlushSchedules
{
    [Test]
    public void Flush_InEachSchedule_EndsOnceWhatWasQueuedIsSettled() =>
        ConcurrentProgram.RunInEach(1, static () => QueuePrograms.Flushing(new RingQueue<int>(4)));

    [Test]
    public void Flush_OfSizedMessagesInEachSchedule_EndsOnceWhatWasQueuedIsSettled() =>
        ConcurrentProgram.RunInEach(1, static () => QueuePrograms.Flushing(
            new SizedQueue<int>(capacity: 4, capacityInBytes: 4, BoundedChannelFullMode.Wait, static _ => 1, new DropCallback<int>("jobs", null, NullLogger.Instance))));

    [Test]
    public void Flush_OfAQueueThatEvictsInEachSchedule_EndsOnceWhatWasQueuedIsSettled() =>
        ConcurrentProgram.RunInEach(1, static () => QueuePrograms.Flushing(
            new EvictingQueue<int>(capacity: 4, BoundedChannelFullMode.DropOldest, new DropCallback<int>("jobs", null, NullLogger.Instance))));

    [Test]
    public void Flush_OfAPlaceThatIsTakenBackInEachSchedule_Ends() =>
        ConcurrentProgram.RunInEach(1, static () => QueuePrograms.FlushingWhatIsTakenBack(new RingQueue<int>(4)));

    [Test]
    public void Flush_OfASizedPlaceThatIsTakenBackInEachSchedule_Ends() =>
        ConcurrentProgram.RunInEach(1, static () => QueuePrograms.FlushingWhatIsTakenBack(
            new SizedQueue<int>(capacity: 4, capacityInBytes: 4, BoundedChannelFullMode.Wait, static _ => 1, new DropCallback<int>("jobs", null, NullLogger.Instance))));
}
