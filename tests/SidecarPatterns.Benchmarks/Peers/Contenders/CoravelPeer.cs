using Coravel;
using Coravel.Queuing;
using Coravel.Queuing.Interfaces;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Benchmarks;

/// <summary>Coravel's queue. It looks at it every 30 seconds; here it is told to at once, which is faster than it is used.</summary>
internal sealed class CoravelPeer(PeerLoad load) : PeerContender(load)
{
    private readonly IHost _host = StartedHost.With(static services => services.AddQueue());
    private Queue? _queue;

    private Queue Jobs => _queue ??= (Queue)_host.Services.GetRequiredService<IQueue>();

    public override ValueTask PublishAsync(PeerJob job)
    {
        Jobs.QueueTask(() => PeerTally.HandleWithRetry(job));
        return default;
    }

    public override Task StopAsync() => _host.StopAsync();

    public override void Dispose()
    {
        base.Dispose();
        _host.Dispose();
    }

    public override Task OnProducedAsync() => Jobs.ConsumeQueueAsync();
}
