using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Benchmarks;

/// <summary>The application that a child is.</summary>
internal static class ChaosHost
{
    /// <summary>How long a stop may take, beside what each sidecar may have.</summary>
    public static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(3);

    public static IHost Build(ChaosPlan plan, ChaosFolder folder, IReadOnlyList<string> servers, ChaosJournal journal, ChaosTallies tallies)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        if (!File.Exists(folder.SettingsCopy))
            folder.WriteSettings(folder.SettingsOf(plan.Life, number: 0)); // Else the file may be cut off: then it starts with the copy.

        builder.AddConfigurationSidecar(agent =>
        {
            agent.FromFile(folder.Settings).CopyFile = folder.SettingsCopy;
            agent.SettleTime = TimeSpan.Zero;
        });
        ChaosSettings.See(builder.Configuration, tallies.Exchange);
        builder.Logging.AddFilter("System.Net.Http", LogLevel.Warning).AddSidecar(options => options.File.Folder = folder.Logs);
        builder.Services.AddMetricsSidecar(options =>
        {
            options.Meters.Add(SidecarDiagnostics.MeterName);
            options.Interval = TimeSpan.FromSeconds(1);
            options.PrometheusFile = folder.Metrics;
        });
        builder.Services.Configure<HostOptions>(static options => options.ShutdownTimeout = ShutdownTimeout);
        builder.Services.AddSingleton(plan).AddSingleton(folder).AddSingleton(journal).AddSingleton(tallies).AddSingleton(tallies.Exchange).AddSingleton<ChaosCaller>().AddSingleton<ChaosWork>();
        AddClient(builder.Services, plan, servers);
        builder.Services.AddSidecar<ChaosCrasher>("crasher", static options =>
        {
            options.Critical = false;
            options.RestartDelay = options.MaxRestartDelay = TimeSpan.FromMilliseconds(20);
            options.MaxRestarts = 1000;
        });
        AddSidecars(builder.Services, folder, journal, tallies);
        foreach (ChaosSidecar sidecar in ChaosSidecar.All)
        {
            builder.Services.AddSingleton<IHostedService>(services => new ChaosProducer(
                plan, sidecar, (SidecarWriter<ChaosMessage>)services.GetRequiredKeyedService<ChannelWriter<ChaosMessage>>(sidecar.Name), journal, tallies.Find(sidecar.Name)!));
        }

        builder.Services.AddSidecar<ChaosAnswers, int, int>(ChaosAnswers.Name, static options => (options.Concurrency, options.Capacity) = (2, 16));
        builder.Services.AddHostedService<ChaosAsker>();
        builder.Services.AddHostedService<ChaosSettings>();
        builder.Services.AddHostedService<ChaosOrders>();
        return builder.Build();
    }

    private static void AddClient(IServiceCollection services, ChaosPlan plan, IReadOnlyList<string> servers)
    {
        IHttpClientBuilder client = services.AddAmbassadorClient(ChaosCaller.Client, options =>
        {
            options.BaseAddress = new Uri("http://chaos/");
            foreach (string server in servers)
                options.Endpoints.Add(new AmbassadorEndpoint(server));

            options.Timeout = TimeSpan.FromSeconds(2.5);
            options.AttemptTimeout = TimeSpan.FromSeconds(0.4);
            options.Content.BodyIdleTimeout = TimeSpan.FromSeconds(0.5);
            options.CircuitBreaker.BreakDuration = TimeSpan.FromSeconds(0.2);
            options.CircuitBreaker.MaxBreakDuration = TimeSpan.FromSeconds(0.5);
        });
        if (plan.Hedges)
            client.AddHedging(static hedging => hedging.Delay = TimeSpan.FromMilliseconds(50));

        if (plan.Limits)
            client.AddConcurrencyLimit(2, static limit => limit.QueueLimit = 4);
    }

    private static void AddSidecars(IServiceCollection services, ChaosFolder folder, ChaosJournal journal, ChaosTallies tallies)
    {
        Add(ChaosSidecar.Single, services.AddSidecar(ChaosSidecar.Single.Name, Handler(ChaosSidecar.Single), Options(ChaosSidecar.Single)));
        Add(ChaosSidecar.Scoped, services.AddSidecar<ChaosScoped, ChaosMessage>(ChaosSidecar.Scoped.Name, Options(ChaosSidecar.Scoped, static options =>
        {
            options.ScopePerMessage = true;
            options.Concurrency = ChaosSidecar.Scoped.InFlight;
        })));
        Add(
            ChaosSidecar.Keyed,
            services.AddSidecar(ChaosSidecar.Keyed.Name, Handler(ChaosSidecar.Keyed), Options(ChaosSidecar.Keyed, static options => options.Concurrency = ChaosSidecar.Keyed.InFlight))
                .PartitionBy(static message => message.Number % ChaosSidecar.Keyed.Keys));
        Add(ChaosSidecar.Batches, services.AddBatchSidecar<ChaosBatches, ChaosMessage>(ChaosSidecar.Batches.Name, Options(ChaosSidecar.Batches, static options =>
        {
            options.BatchSize = ChaosSidecar.Batches.InFlight;
            options.BatchDelay = TimeSpan.FromMilliseconds(20);
        })));
        Add(ChaosSidecar.Evicting, services.AddSidecar(ChaosSidecar.Evicting.Name, Handler(ChaosSidecar.Evicting), Options(ChaosSidecar.Evicting, static options =>
        {
            options.FullMode = BoundedChannelFullMode.DropOldest;
            options.HandlerTimeout = TimeSpan.FromMilliseconds(8);
        })));
        Add(ChaosSidecar.Dedicated, services.AddSidecar(
            ChaosSidecar.Dedicated.Name, Handler(ChaosSidecar.Dedicated), Options(ChaosSidecar.Dedicated, static options => options.Isolation = SidecarIsolation.DedicatedThread)));

        void Add(ChaosSidecar sidecar, ISidecarBuilder<ChaosMessage> builder) => builder
            .DeadLettersTo(folder.LettersOf(sidecar), ChaosJson.Default.ChaosMessage)
            .OnDropped(dropped =>
            {
                tallies.Find(sidecar.Name)!.CountDropped(dropped.WasAccepted);
                if (dropped.WasAccepted)
                    journal.Write(ChaosJournal.Evicted, sidecar, dropped.Message.Number);
            });
    }

    private static Func<ChaosMessage, SidecarContext, CancellationToken, ValueTask> Handler(ChaosSidecar sidecar) =>
        (message, context, ct) => context.Services.GetRequiredService<ChaosWork>().HandleAsync(sidecar, message.Number, context.Attempt, ct);

    private static Action<SidecarOptions> Options(ChaosSidecar sidecar, Action<SidecarOptions>? configure = null) => options =>
    {
        options.Capacity = sidecar.Capacity;
        options.DrainTimeout = DrainTimeout;
        options.MaxAttempts = ChaosSidecar.MaxAttempts;
        options.RetryDelay = TimeSpan.FromMilliseconds(5);
        options.RestartDelay = TimeSpan.Zero;
        options.MaxRestarts = 1000;
        configure?.Invoke(options);
    };
}
