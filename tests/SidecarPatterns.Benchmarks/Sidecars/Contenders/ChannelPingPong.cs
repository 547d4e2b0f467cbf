using System.Threading.Channels;

namespace SidecarPatterns.Benchmarks;

/// <summary>The peer: two bare channels whose loops answer each other.</summary>
internal sealed class ChannelPingPong : IContender
{
    private readonly Channel<Message> _near = Create();
    private readonly Channel<Message> _far = Create();
    private readonly Task _loops;

    public ChannelPingPong() => _loops = Task.WhenAll(Task.Run(ReadNearAsync), Task.Run(ReadFarAsync));

    public Task RunAsync(int messages) => Rally.PlayAsync(_far.Writer, messages);

    public void Dispose()
    {
        _near.Writer.Complete();
        _far.Writer.Complete();
        _loops.GetAwaiter().GetResult();
    }

    private static Channel<Message> Create() =>
        Channel.CreateBounded<Message>(new BoundedChannelOptions(Publisher.Capacity) { SingleReader = true });

    private async Task ReadNearAsync()
    {
        while (await _near.Reader.WaitToReadAsync())
        {
            while (_near.Reader.TryRead(out Message message))
                Rally.ReturnOrFinish(_far.Writer, in message);
        }
    }

    private async Task ReadFarAsync()
    {
        while (await _far.Reader.WaitToReadAsync())
        {
            while (_far.Reader.TryRead(out Message message))
                Rally.Return(_near.Writer, in message);
        }
    }
}
