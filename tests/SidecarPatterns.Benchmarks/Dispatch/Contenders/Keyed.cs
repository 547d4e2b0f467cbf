using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Benchmarks;

/// <summary>Lanes by key.</summary>
internal sealed class KeyedSidecar() : HostedContender(static services => services.AddSidecar<long>(
    "worker",
    CountAsync,
    static options =>
    {
        options.Capacity = Capacity;
        options.Concurrency = Keys;
    }).PartitionBy(static message => message % Keys));

/// <summary>The peer: a bounded channel and a loop for each key.</summary>
internal sealed class ChannelPerKey : WriterContender
{
    private readonly Channel<long>[] _channels =
        [.. Enumerable.Range(0, Keys).Select(static _ => Channel.CreateBounded<long>(new BoundedChannelOptions(Capacity / Keys) { SingleReader = true }))];

    private readonly Task _loops;

    public ChannelPerKey() => _loops = Task.WhenAll(_channels.Select(static channel => Task.Run(() => ReadAsync(channel.Reader))));

    public override void Dispose()
    {
        Array.ForEach(_channels, static channel => channel.Writer.Complete());
        _loops.GetAwaiter().GetResult();
    }

    protected override ValueTask WriteAsync(long message)
    {
        ChannelWriter<long> writer = _channels[message % Keys].Writer;
        return writer.TryWrite(message) ? default : writer.WriteAsync(message);
    }

    private static async Task ReadAsync(ChannelReader<long> reader)
    {
        while (await reader.WaitToReadAsync())
        {
            while (reader.TryRead(out _))
                SharedTally.Count();
        }
    }
}
