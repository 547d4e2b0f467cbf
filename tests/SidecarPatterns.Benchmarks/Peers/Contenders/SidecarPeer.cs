using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Benchmarks;

/// <summary>Ours: a sidecar in a host, with its own retry, fed through the writer that an application has injected.</summary>
internal sealed class SidecarPeer : PeerContender
{
    private readonly IHost _host = StartedHost.With(static services => services.AddSidecar<Worker, PeerJob>("jobs", static options =>
    {
        options.Capacity = Capacity;
        (options.MaxAttempts, options.RetryDelay) = (2, TimeSpan.Zero);
    }));

    private readonly ChannelWriter<PeerJob> _writer;

    public SidecarPeer(PeerLoad load)
        : base(load) => _writer = _host.Services.GetRequiredService<ChannelWriter<PeerJob>>();

    public override ValueTask PublishAsync(PeerJob job) => _writer.WriteAsync(job);

    public override ValueTask<bool> TryOfferAsync(PeerJob job) => new(_writer.TryWrite(job));

    public override Task StopAsync() => _host.StopAsync();

    public override void Dispose()
    {
        base.Dispose();
        _host.Dispose();
    }

    private sealed class Worker : ISidecar<PeerJob>
    {
        public ValueTask HandleAsync(PeerJob message, SidecarContext context, CancellationToken ct)
        {
            PeerTally.Handle(message);
            return default;
        }
    }
}
