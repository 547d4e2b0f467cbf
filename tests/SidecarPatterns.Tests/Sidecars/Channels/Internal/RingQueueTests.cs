namespace SidecarPatterns.Tests;

[TestFixture]
internal sealed class RingQueueTests : WaitingQueueContract
{
    protected override MessageQueue<T> Create<T>(int capacity, Action<T>? onEvicted = null) => new RingQueue<T>(capacity);
}
