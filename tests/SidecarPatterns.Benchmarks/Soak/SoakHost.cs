using System.Threading.Channels;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace SidecarPatterns.Benchmarks;

/// <summary>The application of the soak: sidecars of each kind, an ambassador, all agents, and those who keep them busy.</summary>
internal static class SoakHost
{
    private const int PerSidecar = 334; // 2,000 a second in all.
    private const int CallsPerSecond = 200;

    public static IHost Build(SoakFolder folder, IReadOnlyList<Uri> servers, SoakTallies tallies)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        folder.WriteConfiguration(version: 0);
        builder.AddConfigurationSidecar(agent =>
        {
            agent.FromFile(folder.Configuration);
            agent.Interval = TimeSpan.FromSeconds(1);
        });
        builder.Logging.AddSidecar(options =>
        {
            options.File.Folder = folder.Logs;
            options.File.MaxBytes = 4 << 20;
            options.File.MaxFiles = 3;
        });
        builder.Services.AddMetricsSidecar(options =>
        {
            options.Meters.Add(SoakMeter.Name);
            options.Meters.Add(SidecarDiagnostics.MeterName);
            options.Interval = TimeSpan.FromSeconds(1);
            options.PrometheusFile = folder.Metrics;
        });
        builder.Services.AddSingleton(tallies).AddSingleton<SoakMeter>();
        AddSidecars(builder.Services, tallies);
        AddCalls(builder.Services, servers, tallies);

        // Those who publish stop before the sidecars do.
        foreach (string name in SoakNames.Published)
        {
            builder.Services.AddSingleton<IHostedService>(services => new SoakProducer(
                (SidecarWriter<SoakMessage>)services.GetRequiredKeyedService<ChannelWriter<SoakMessage>>(name), tallies.Find(name)!, PerSidecar));
        }

        builder.Services.AddHostedService<SoakAsker>();
        IHost host = builder.Build();
        ChangeToken.OnChange(((IConfiguration)builder.Configuration).GetReloadToken, tallies.CountReload);
        return host;
    }

    private static void AddSidecars(IServiceCollection services, SoakTallies tallies)
    {
        services.AddSidecar<SoakSingle, SoakMessage>(SoakNames.Single);
        services.AddSidecar<SoakMessage>(SoakNames.Keyed, async (_, _, _) =>
        {
            await Task.Yield();
            tallies.Find(SoakNames.Keyed)!.CountHandled();
        }).PartitionBy(static message => message.Number % 16);
        services.AddBatchSidecar<SoakBatches, SoakMessage>(SoakNames.Batches, static options => (options.BatchSize, options.BatchDelay) = (50, TimeSpan.FromMilliseconds(100)));
        services.AddSidecar<SoakScoped, SoakMessage>(SoakNames.Scoped, static options => (options.ScopePerMessage, options.Concurrency) = (true, 2));
        services.AddSidecar<SoakMessage>(
            SoakNames.Failing,
            (message, context, _) =>
            {
                if (message.Number % 100 == 0 || (message.Number % 100 == 1 && context.Attempt == 1))
                    throw new IOException("soak");

                tallies.Find(SoakNames.Failing)!.CountHandled();
                return default;
            },
            static options => (options.MaxAttempts, options.RetryDelay) = (3, TimeSpan.FromMilliseconds(10)));
        services.AddSidecar<SoakMessage>(
            SoakNames.Evicting,
            (_, _, _) =>
            {
                tallies.Find(SoakNames.Evicting)!.CountHandled();
                return default;
            },
            static options => (options.Capacity, options.FullMode, options.MaxRate) = (64, BoundedChannelFullMode.DropOldest, PerSidecar * 0.9))
            .OnDropped(dropped => tallies.Find(SoakNames.Evicting)!.CountDropped(dropped.WasAccepted));
        services.AddSidecar<SoakRequests, int, int>("requests", static options => options.Concurrency = 2);
        services.AddSidecarSource<SoakSource, int>("source");
        services.AddSidecar<SoakCrasher>("crasher", static options =>
        {
            options.Critical = false;
            options.RestartDelay = options.MaxRestartDelay = TimeSpan.FromMilliseconds(50);
            options.MaxRestarts = 1_000_000;
        });
    }

    private static void AddCalls(IServiceCollection services, IReadOnlyList<Uri> servers, SoakTallies tallies)
    {
        services.AddAmbassadorClient(SoakNames.Client, options =>
        {
            options.BaseAddress = new Uri("http://prices/");
            foreach (Uri server in servers)
                options.Endpoints.Add(new AmbassadorEndpoint(server.OriginalString));
        }).AddHedging();
        services.AddSingleton<IHostedService>(provider => new SoakCaller(
            new HttpMessageInvoker(provider.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler(SoakNames.Client), disposeHandler: false),
            new Uri($"http://prices/{FaultyAnswers.FaultsPath}/soak/1"),
            tallies.Calls,
            CallsPerSecond));
    }
}
