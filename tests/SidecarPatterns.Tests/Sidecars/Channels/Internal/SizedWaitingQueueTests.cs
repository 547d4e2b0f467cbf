using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;

namespace SidecarPatterns.Tests;

/// <summary>A queue that waits for places does so just as well where it measures, and where its places and its bytes end together.</summary>
[TestFixture(BoundedChannelFullMode.Wait, false)]
[TestFixture(BoundedChannelFullMode.Wait, true)]
[TestFixture(BoundedChannelFullMode.DropWrite, true)]
internal sealed class SizedWaitingQueueTests(BoundedChannelFullMode mode, bool isBounded) : WaitingQueueContract
{
    protected override MessageQueue<T> Create<T>(int capacity, Action<T>? onEvicted = null) =>
        new SizedQueue<T>(
            capacity, isBounded ? capacity : null, mode, Sizes.Of, new DropCallback<T>("audit", callback: null, NullLogger.Instance));
}
