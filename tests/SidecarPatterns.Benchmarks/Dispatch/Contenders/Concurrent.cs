using System.Threading.Tasks.Dataflow;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Benchmarks;

/// <summary>Four messages at a time.</summary>
internal sealed class ConcurrentSidecar() : HostedContender(static services => services.AddSidecar<long>(
    "worker",
    CountAsync,
    static options =>
    {
        options.Capacity = Capacity;
        options.Concurrency = Parallelism;
    }))
{
    public const int Parallelism = 4;
}

/// <summary>The peer: a bounded block with the same parallelism.</summary>
internal sealed class ConcurrentBlock : WriterContender
{
    private readonly ActionBlock<long> _block = new(
        static _ => SharedTally.Count(),
        new ExecutionDataflowBlockOptions { BoundedCapacity = Capacity, MaxDegreeOfParallelism = ConcurrentSidecar.Parallelism });

    public override void Dispose()
    {
        _block.Complete();
        _block.Completion.GetAwaiter().GetResult();
    }

    protected override ValueTask WriteAsync(long message) => _block.Post(message) ? default : new ValueTask(_block.SendAsync(message));
}
