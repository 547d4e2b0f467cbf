using System.Threading.Tasks.Dataflow;

namespace SidecarPatterns.Benchmarks;

/// <summary>TPL Dataflow's <c>ActionBlock</c>.</summary>
internal sealed class DataflowPeer(PeerLoad load, int capacity) : PeerContender(load)
{
    private readonly ActionBlock<PeerJob> _block = new(
        PeerTally.HandleWithRetry, new ExecutionDataflowBlockOptions { BoundedCapacity = capacity, SingleProducerConstrained = load.Producers == 1 });

    public override ValueTask PublishAsync(PeerJob job) => _block.Post(job) ? default : new ValueTask(_block.SendAsync(job));

    public override async ValueTask<bool> OfferAsync(PeerJob job) => _block.Post(job) || await _block.SendAsync(job);

    public override ValueTask<bool> TryOfferAsync(PeerJob job) => new(_block.Post(job));

    public override Task StopAsync()
    {
        _block.Complete();
        return _block.Completion;
    }
}
