using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Benchmarks;

/// <summary>A side that is fed through a channel's writer by one producer, which waits when it is full.</summary>
internal abstract class WriterContender : IContender
{
    public const int Capacity = 1024;
    public const int Keys = 8;

    protected abstract ValueTask WriteAsync(long message);

    public async Task RunAsync(int messages)
    {
        messages -= messages % BatchedSidecar.Size; // The last batch is not to wait for its delay.
        Task handled = SharedTally.Expect(messages);
        await Task.Run(() => PublishAsync(messages));
        await handled;
    }

    public abstract void Dispose();

    private async Task PublishAsync(int messages)
    {
        for (int i = 0; i < messages; i++)
            await WriteAsync(i);
    }
}

/// <summary>A bounded channel, and a loop that reads it.</summary>
internal abstract class ChannelFedContender : WriterContender
{
    private readonly Channel<long> _channel = Channel.CreateBounded<long>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private readonly Task _loop;

    protected ChannelFedContender() => _loop = Task.Run(() => ReadAsync(_channel.Reader));

    public override void Dispose()
    {
        _channel.Writer.Complete();
        _loop.GetAwaiter().GetResult();
    }

    protected abstract Task ReadAsync(ChannelReader<long> reader);

    protected override ValueTask WriteAsync(long message) =>
        _channel.Writer.TryWrite(message) ? default : _channel.Writer.WriteAsync(message);
}

/// <summary>A sidecar in a host of its own.</summary>
internal abstract class HostedContender : WriterContender
{
    private readonly IHost _host;
    private readonly ChannelWriter<long> _writer;

    protected HostedContender(Action<IServiceCollection> register)
    {
        _host = StartedHost.With(register);
        _writer = _host.Services.GetRequiredService<ChannelWriter<long>>();
    }

    public override void Dispose() => StartedHost.Stop(_host);

    /// <summary>A handler that only counts.</summary>
    protected static ValueTask CountAsync(long message, SidecarContext context, CancellationToken ct)
    {
        SharedTally.Count();
        return default;
    }

    protected override ValueTask WriteAsync(long message) => _writer.TryWrite(message) ? default : _writer.WriteAsync(message);
}
