using System.Threading.Channels;

namespace SidecarPatterns.Tests;

/// <summary>A queue that evicts by places does so just as well where it measures, and where its places and its bytes end together.</summary>
[TestFixture(BoundedChannelFullMode.DropOldest, false)]
[TestFixture(BoundedChannelFullMode.DropOldest, true)]
[TestFixture(BoundedChannelFullMode.DropNewest, false)]
[TestFixture(BoundedChannelFullMode.DropNewest, true)]
internal sealed class SizedEvictingQueueTests(BoundedChannelFullMode mode, bool isBounded) : EvictingQueueContract(mode)
{
    protected override MessageQueue<T> Create<T>(int capacity, Action<T>? onEvicted = null) =>
        new SizedQueue<T>(capacity, isBounded ? capacity : null, Mode, Sizes.Of, Callback(onEvicted));
}
