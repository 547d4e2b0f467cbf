using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;

namespace SidecarPatterns;

/// <summary>The queue whose messages have sizes, in every schedule with a few interruptions, and in many that are drawn by lot.</summary>
[TestFixture]
[CancelAfter(300_000)]
internal sealed class SizedQueueSchedules
{
    private const int Random = 300;

    [Test]
    public void Offering_InEachSchedule_LosesNothing() => ConcurrentProgram.RunInEach(1, static () => QueuePrograms.Offering(Create(2), publishers: 2, messages: 2));

    [Test]
    public void Waiting_InEachSchedule_LosesNothing() => ConcurrentProgram.RunInEach(1, static () => QueuePrograms.Waiting(Create(1), publishers: 2, messages: 2));

    [Test]
    public void Closing_InEachSchedule_GivesOutWhatWasAcceptedAndLeavesNobodyWaiting() => ConcurrentProgram.RunInEach(1, static () => QueuePrograms.Closing(Create(1)));

    [Test]
    public void All_InSchedulesByLot_LoseNothing()
    {
        ConcurrentProgram.RunInRandom(Random, static seed => QueuePrograms.Offering(Create(1 + (seed % 5)), 3, 4));
        ConcurrentProgram.RunInRandom(Random, static seed => QueuePrograms.Waiting(Create(1 + (seed % 5)), 3, 4));
        ConcurrentProgram.RunInRandom(Random, static seed => QueuePrograms.Asking(Create(1 + (seed % 5)), 3, 4));
        ConcurrentProgram.RunInRandom(Random, static seed => QueuePrograms.Reserving(Create(1 + (seed % 5)), 3, 4));
        ConcurrentProgram.RunInRandom(Random, static seed => QueuePrograms.Closing(Create(1 + (seed % 2))));
    }

    private static SizedQueue<int> Create(long bytes) => new(
        capacity: 16, bytes, BoundedChannelFullMode.Wait, static message => 1 + (message % 2), new DropCallback<int>("jobs", null, NullLogger.Instance));
}
