using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;

namespace SidecarPatterns;

/// <summary>The queue that evicts: what was accepted is taken or dropped, each once.</summary>
[TestFixture]
[CancelAfter(300_000)]
internal sealed class EvictingQueueSchedules
{
    private const int Random = 500;

    [TestCase(BoundedChannelFullMode.DropOldest)]
    [TestCase(BoundedChannelFullMode.DropNewest)]
    public void Offering_InEachSchedule_TakesOrDropsEach(BoundedChannelFullMode mode) => ConcurrentProgram.RunInEach(1, () => Program(mode, publishers: 2, messages: 2, capacity: 1));

    [TestCase(BoundedChannelFullMode.DropOldest)]
    [TestCase(BoundedChannelFullMode.DropNewest)]
    public void Offering_InSchedulesByLot_TakesOrDropsEach(BoundedChannelFullMode mode) =>
        ConcurrentProgram.RunInRandom(Random, seed => Program(mode, publishers: 3, messages: 5, capacity: 1 + (seed % 4)));

    private static ConcurrentProgram Program(BoundedChannelFullMode mode, int publishers, int messages, int capacity)
    {
        List<int> dropped = [];
        var queue = new EvictingQueue<int>(
            capacity, mode, new DropCallback<int>("jobs", arguments => dropped.Add(arguments.Message), NullLogger.Instance));
        return QueuePrograms.Evicting(queue, publishers, messages, dropped);
    }
}
