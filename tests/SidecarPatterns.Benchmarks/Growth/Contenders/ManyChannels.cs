using System.Threading.Channels;

namespace SidecarPatterns.Benchmarks;

/// <summary>The peer: as many bare bounded channels, each with a loop.</summary>
internal sealed class ManyChannels : ManyContender
{
    private readonly Channel<long>[] _channels;
    private readonly Task _loops;

    public ManyChannels(int count)
    {
        _channels = [.. Enumerable.Range(0, count).Select(static _ => Channel.CreateBounded<long>(
            new BoundedChannelOptions(Publisher.Capacity) { SingleReader = true }))];
        Writers = [.. _channels.Select(static channel => channel.Writer)];
        _loops = Task.WhenAll(_channels.Select(static channel => Task.Run(() => ReadAsync(channel.Reader))));
    }

    protected override IReadOnlyList<ChannelWriter<long>> Writers { get; }

    public override void Dispose()
    {
        foreach (Channel<long> channel in _channels)
            channel.Writer.Complete();

        _loops.GetAwaiter().GetResult();
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
