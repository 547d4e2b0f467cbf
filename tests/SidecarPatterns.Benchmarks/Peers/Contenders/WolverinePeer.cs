using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Wolverine;
using Wolverine.ErrorHandling;

namespace SidecarPatterns.Benchmarks;

/// <summary>Wolverine's local queue, one message at a time, with its own retry.</summary>
internal sealed class WolverinePeer : PeerContender
{
    private readonly IHost _host = StartedHost.With(static services => services.AddWolverine(ExtensionDiscovery.ManualOnly, static options =>
    {
        options.UseRuntimeCompilation();
        options.Discovery.DisableConventionalDiscovery().IncludeType<PeerJobHandler>();
        options.PublishMessage<PeerJob>().ToLocalQueue("jobs").Sequential();
        options.Policies.OnException<PeerJobException>().RetryTimes(1);
    }));

    private readonly IMessageBus _bus;

    public WolverinePeer(PeerLoad load)
        : base(load) => _bus = _host.Services.GetRequiredService<IMessageBus>();

    public override ValueTask PublishAsync(PeerJob job) => _bus.PublishAsync(job);

    public override Task StopAsync() => _host.StopAsync();

    public override void Dispose()
    {
        base.Dispose();
        _host.Dispose();
    }
}
