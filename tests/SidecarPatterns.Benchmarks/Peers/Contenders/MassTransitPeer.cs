using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Benchmarks;

/// <summary>MassTransit in memory, one message at a time, with its own retry.</summary>
internal sealed class MassTransitPeer : PeerContender
{
    private readonly IHost _host = StartedHost.With(static services => services.AddMassTransit(static bus =>
    {
        bus.AddConsumer<Consumer>();
        bus.UsingInMemory(static (context, memory) => memory.ReceiveEndpoint("jobs", endpoint =>
        {
            endpoint.ConcurrentMessageLimit = 1;
            endpoint.UseMessageRetry(static retry => retry.Immediate(1));
            endpoint.ConfigureConsumer<Consumer>(context);
        }));
    }));

    private readonly IBus _bus;

    public MassTransitPeer(PeerLoad load)
        : base(load) => _bus = _host.Services.GetRequiredService<IBus>();

    public override ValueTask PublishAsync(PeerJob job) => new(_bus.Publish(job));

    public override Task StopAsync() => _host.StopAsync();

    public override void Dispose()
    {
        base.Dispose();
        _host.Dispose();
    }

    private sealed class Consumer : IConsumer<PeerJob>
    {
        public Task Consume(ConsumeContext<PeerJob> context)
        {
            PeerTally.Handle(context.Message);
            return Task.CompletedTask;
        }
    }
}
