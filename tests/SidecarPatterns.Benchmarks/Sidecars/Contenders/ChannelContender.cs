using System.Threading.Channels;

namespace SidecarPatterns.Benchmarks;

/// <summary>The peer: the framework's bounded channel, and the loop that one writes around it by hand.</summary>
internal sealed class ChannelContender<TMessage, TWork> : IContender
    where TMessage : IMessage<TMessage>
    where TWork : IWork
{
    private readonly Channel<TMessage> _channel;
    private readonly Publisher _publisher;
    private readonly Func<int> _count;
    private readonly Task _loop;

    public ChannelContender(Publisher publisher, BoundedChannelFullMode fullMode)
    {
        _channel = Channel.CreateBounded<TMessage>(
            new BoundedChannelOptions(Publisher.Capacity) { SingleReader = true, FullMode = fullMode });
        _publisher = publisher;
        _count = () => _channel.Reader.Count;
        _loop = Task.Run(ReadAsync);
    }

    public string? Note => _publisher.Note;

    public Task RunAsync(int messages) => _publisher.PublishAsync(_channel.Writer, _count, messages);

    public void Dispose()
    {
        _channel.Writer.Complete();
        _loop.GetAwaiter().GetResult();
    }

    private async Task ReadAsync()
    {
        ChannelReader<TMessage> reader = _channel.Reader;
        while (await reader.WaitToReadAsync())
        {
            while (reader.TryRead(out TMessage? message))
                TWork.Handle(in message);
        }
    }
}
