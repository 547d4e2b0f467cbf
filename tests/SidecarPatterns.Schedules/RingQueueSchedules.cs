namespace SidecarPatterns;

/// <summary>The ring in every schedule with a few interruptions, and in thousands that are drawn by lot.</summary>
[TestFixture]
[CancelAfter(300_000)]
internal sealed class RingQueueSchedules
{
    private const int Random = 500;

    [TestCase(1, 1, 2, 2)]
    [TestCase(1, 2, 1, 1)]
    [TestCase(2, 2, 2, 1)]
    public void Offering_InEachSchedule_LosesNothing(int capacity, int publishers, int messages, int interruptions) =>
        ConcurrentProgram.RunInEach(interruptions, () => QueuePrograms.Offering(new RingQueue<int>(capacity), publishers, messages));

    [TestCase(1, 1, 2, 2)]
    [TestCase(1, 2, 1, 1)]
    [TestCase(2, 2, 2, 1)]
    public void Waiting_InEachSchedule_LosesNothing(int capacity, int publishers, int messages, int interruptions) =>
        ConcurrentProgram.RunInEach(interruptions, () => QueuePrograms.Waiting(new RingQueue<int>(capacity), publishers, messages));

    [TestCase(1, 1, 2, 2)]
    [TestCase(1, 2, 1, 1)]
    public void Asking_InEachSchedule_LosesNothing(int capacity, int publishers, int messages, int interruptions) =>
        ConcurrentProgram.RunInEach(interruptions, () => QueuePrograms.Asking(new RingQueue<int>(capacity), publishers, messages));

    [TestCase(1, 2, 2, 1)]
    public void Reserving_InEachSchedule_LosesNothing(int capacity, int publishers, int messages, int interruptions) =>
        ConcurrentProgram.RunInEach(interruptions, () => QueuePrograms.Reserving(new RingQueue<int>(capacity), publishers, messages));

    [Test]
    public void Closing_InEachSchedule_GivesOutWhatWasAcceptedAndLeavesNobodyWaiting() =>
        ConcurrentProgram.RunInEach(1, () => QueuePrograms.Closing(new RingQueue<int>(1)));

    [Test]
    public void All_InSchedulesByLot_LoseNothing()
    {
        ConcurrentProgram.RunInRandom(Random, static seed => QueuePrograms.Offering(new RingQueue<int>(1 + (seed % 12)), 3, 4));
        ConcurrentProgram.RunInRandom(Random, static seed => QueuePrograms.Waiting(new RingQueue<int>(1 + (seed % 12)), 3, 4));
        ConcurrentProgram.RunInRandom(Random, static seed => QueuePrograms.Asking(new RingQueue<int>(1 + (seed % 12)), 3, 4));
        ConcurrentProgram.RunInRandom(Random, static seed => QueuePrograms.Reserving(new RingQueue<int>(1 + (seed % 12)), 3, 4));
        ConcurrentProgram.RunInRandom(Random, static seed => QueuePrograms.Closing(new RingQueue<int>(1 + (seed % 2))));
    }

}
