using System.Threading.Tasks.Dataflow;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Benchmarks;

/// <summary>Several messages at a time.</summary>
internal sealed class ConcurrentSidecar(int concurrency) : HostedContender(services => services.AddSidecar<long>(
    "worker",
    CountAsync,
    options =>
    {
        options.Capacity = Capacity;
        options.Concurrency = concurrency;
    }));

/// <summary>The peer: a bounded block with the same parallelism.</summary>
internal sealed class ConcurrentBlock(int concurrency) : WriterContender
{
    private readonly ActionBlock<long> _block = new(
        static _ => SharedTally.Count(),
        new ExecutionDataflowBlockOptions { BoundedCapacity = Capacity, MaxDegreeOfParallelism = concurrency });

    public override void Dispose()
    {
        _block.Complete();
        _block.Completion.GetAwaiter().GetResult();
    }

    protected override ValueTask WriteAsync(long message) => _block.Post(message) ? default : new ValueTask(_block.SendAsync(message));
}
