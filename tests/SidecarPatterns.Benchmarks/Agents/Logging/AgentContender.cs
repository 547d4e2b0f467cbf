using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Benchmarks;

/// <summary>The log agent.</summary>
internal sealed class AgentContender : ILogContender
{
    private readonly IHost _host;

    public AgentContender(string folder, bool waits)
    {
        _host = StartedHost.With(services =>
        {
            services.AddLogging(logging => logging.AddSidecar(options => options.File.Folder = folder));
            if (waits)
                services.Configure<SidecarOptions>(AgentNames.Log, static options => options.FullMode = BoundedChannelFullMode.Wait);
        });
        Logger = _host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Benchmark");
    }

    public ILogger Logger { get; }

    public void Dispose() => StartedHost.Stop(_host);
}
