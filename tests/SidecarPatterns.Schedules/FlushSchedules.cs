namespace SidecarPatterns;

/// <summary>Those who wait until all that was queued is settled.</summary>
[TestFixture]
[CancelAfter(300_000)]
internal sealed class FlushSchedules
{
    [Test]
    public void Flush_InEachSchedule_EndsOnceWhatWasQueuedIsSettled() =>
        ConcurrentProgram.RunInEach(1, static () => QueuePrograms.Flushing(new RingQueue<int>(4)));
}
