using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Benchmarks;

/// <summary>Our side: two sidecars that answer each other, each addressed by its name.</summary>
internal sealed class SidecarPingPong : IContender
{
    public const string Near = "near";
    public const string Far = "far";

    private readonly IHost _host;
    private readonly ChannelWriter<Message> _far;

    public SidecarPingPong()
    {
        _host = StartedHost.With(services =>
        {
            services.AddSidecar<NearSidecar, Message>(Near, options => options.Capacity = Publisher.Capacity);
            services.AddSidecar<FarSidecar, Message>(Far, options => options.Capacity = Publisher.Capacity);
        });
        _far = _host.Services.GetRequiredKeyedService<ChannelWriter<Message>>(Far);
    }

    public Task RunAsync(int messages) => Rally.PlayAsync(_far, messages);

    public void Dispose() => StartedHost.Stop(_host);
}
