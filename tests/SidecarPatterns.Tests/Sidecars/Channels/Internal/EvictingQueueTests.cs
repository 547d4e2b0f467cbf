using System.Threading.Channels;

namespace SidecarPatterns.Tests;

[TestFixture(BoundedChannelFullMode.DropOldest)]
[TestFixture(BoundedChannelFullMode.DropNewest)]
internal sealed class EvictingQueueTests(BoundedChannelFullMode mode) : EvictingQueueContract(mode)
{
    protected override MessageQueue<T> Create<T>(int capacity, Action<T>? onEvicted = null) =>
        new EvictingQueue<T>(capacity, Mode, Callback(onEvicted));
}
