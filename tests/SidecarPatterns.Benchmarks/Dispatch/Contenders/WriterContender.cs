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

    protected override ValueTask WriteAsync(long message) => _writer.TryWrite(message) ? default : _writer.WriteAsync(message);
}
