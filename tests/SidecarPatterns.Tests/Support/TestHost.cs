using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests;

/// <summary>A real generic host with a clock of the test's and its logs kept. Critical sidecars leave the exit code of the test process alone.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    private readonly TestClock? _clock;

    private TestHost(Action<HostApplicationBuilder> configure, TestClock? clock)
    {
        _clock = clock;
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(LogLevel.Trace);
        builder.Logging.AddProvider(Logs);
        builder.Services.AddSingleton<IHostLifetime, Lifetime>();
        builder.Services.ConfigureAll<SidecarOptions>(static options => options.SetExitCode = false);
        if (clock is not null)
        {
            builder.Services.AddSingleton<TimeProvider>(clock);
        }

        configure(builder);
        Host = builder.Build();
    }

    public IHost Host { get; }

    public IServiceProvider Services => Host.Services;

    public LogRecorder Logs { get; } = new();

    public ISidecarControl Control => Services.GetRequiredService<ISidecarControl>();

    /// <summary>The fake clock.</summary>
    public TestClock Clock => _clock ?? throw new InvalidOperationException("This host goes by the system's clock.");

    /// <summary>Builds a host whose time stands still until the test lets it pass.</summary>
    public static TestHost Build(Action<IServiceCollection> configure) => new(builder => configure(builder.Services), new TestClock());

    /// <inheritdoc cref="Build"/>
    public static TestHost BuildWith(Action<HostApplicationBuilder> configure) => new(configure, new TestClock());

    /// <summary>Builds a host that goes by the system's clock: for what must take no time, or must race.</summary>
    public static TestHost BuildOnSystemClock(Action<IServiceCollection> configure) => new(builder => configure(builder.Services), clock: null);

    public SidecarSnapshot Snapshot(string name) => Control.GetSnapshot(name);

    public SidecarWriter<T> Writer<T>() => Services.GetRequiredService<SidecarWriter<T>>();

    public ChannelWriter<T> Writer<T>(string name) => Services.GetRequiredKeyedService<ChannelWriter<T>>(name);

    /// <summary>What works for a sidecar, for tests that look inside.</summary>
    public T Worker<T>(string name)
        where T : SidecarWorker => (T)Services.GetRequiredService<SidecarCatalog>().Find(name).Worker;

    public Task StartAsync(CancellationToken ct = default) => Host.StartAsync(ct).InTime();

    public Task StopAsync(CancellationToken ct = default) => Host.StopAsync(ct).InTime();

    /// <summary>Waits until a sidecar is in a state.</summary>
    public Task StateAsync(string name, SidecarState state) =>
        Eventually.HoldsAsync(() => Snapshot(name).State == state, $"sidecar '{name}' is {state}; it is {Snapshot(name).State}");

    /// <summary>Waits until an event has been logged.</summary>
    public Task LoggedAsync(string eventName) =>
        Eventually.HoldsAsync(() => Logs.Named(eventName).Count > 0, $"{eventName} is logged");

    public ValueTask DisposeAsync() => ((IAsyncDisposable)Host).DisposeAsync();

    /// <summary>Ends with the host, and leaves the signals of the test process alone.</summary>
    private sealed class Lifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
