using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Benchmarks;

/// <summary>Batches of a hundred.</summary>
internal sealed class BatchedSidecar() : HostedContender(static services => services.AddBatchSidecar<BatchedSidecar.Worker, long>("worker", static options =>
{
    options.Capacity = Capacity;
    options.BatchSize = Size;
}))
{
    public const int Size = 100;

    private sealed class Worker : IBatchSidecar<long>
    {
        public ValueTask HandleAsync(IReadOnlyList<long> batch, SidecarContext context, CancellationToken ct)
        {
            SharedTally.Count(batch.Count);
            return default;
        }
    }
}

/// <summary>The peer: the loop that one writes by hand, with a timer for a batch that does not fill up.</summary>
internal sealed class BatchedChannel : ChannelFedContender
{
    protected override async Task ReadAsync(ChannelReader<long> reader)
    {
        List<long> batch = new(BatchedSidecar.Size);
        long beganAt = 0;
        while (true)
        {
            while (batch.Count < BatchedSidecar.Size && reader.TryRead(out long message))
            {
                if (batch.Count == 0)
                    beganAt = Environment.TickCount64;
                batch.Add(message);
            }

            if (batch.Count == BatchedSidecar.Size || (batch.Count > 0 && Environment.TickCount64 - beganAt >= 1000))
            {
                SharedTally.Count(batch.Count);
                batch.Clear();
                continue;
            }

            Task<bool> more = reader.WaitToReadAsync().AsTask();
            if (batch.Count > 0 && await Task.WhenAny(more, Task.Delay(1000)) != more)
                continue;
            if (!await more)
                break;
        }

    }
}
