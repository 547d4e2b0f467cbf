using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Benchmarks;

/// <summary>A generic host without configuration files and log providers, which would measure the disk and the console.</summary>
internal static class StartedHost
{
    public static IHost With(Action<IServiceCollection> register)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        register(builder.Services);
        IHost host = builder.Build();
        host.Start();
        return host;
    }

    public static void Stop(IHost host)
    {
        host.StopAsync().GetAwaiter().GetResult();
        host.Dispose();
    }
}
