using System.Threading.Channels;

namespace SidecarPatterns.Benchmarks;

/// <summary>Many queues, each with a consumer of its own, which one producer fills in turn, a burst each.</summary>
internal abstract class ManyContender : IContender
{
    /// <summary>How many messages a queue is given at a time.</summary>
    public const int Burst = 64;

    protected abstract IReadOnlyList<ChannelWriter<long>> Writers { get; }

    public async Task RunAsync(int messages)
    {
        Task handled = SharedTally.Expect(messages);
        await Task.Run(() => ProduceAsync(messages));
        await handled;
    }

    public abstract void Dispose();

    private async Task ProduceAsync(int messages)
    {
        for (int i = 0; i < messages; i++)
        {
            ChannelWriter<long> writer = Writers[i / Burst % Writers.Count];
            if (!writer.TryWrite(i))
                await writer.WriteAsync(i);
        }
    }
}
