using System.Threading.Channels;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>The sidecars of one host, made from their registrations when the first of them, or of their writers, is asked for.</summary>
/// <remarks>Disposing of it, by the container, ends what was not stopped.</remarks>
internal sealed class SidecarCatalog : IAsyncDisposable, IDisposable
{
    private readonly SidecarRegistry _registry;
    private readonly Dictionary<string, SidecarSupervisor> _byName = new(StringComparer.OrdinalIgnoreCase);
    private readonly ITimer _neverStarted;
    private SidecarReload? _reload;
    private Task? _end;

    public SidecarCatalog(
        SidecarRegistry registry,
        IOptionsFactory<SidecarOptions> options,
        IOptionsFactory<SidecarGroupOptions> groupOptions,
        SidecarEnvironment environment)
    {
        _registry = registry;
        Environment = environment;
        environment.Governor = environment.Services.GetService<SidecarGovernor>(); // Which needs the environment itself.
        var startOrder = StartOrder.Of(registry.Registrations);
        var supervisors = new List<SidecarSupervisor>();
        Action<SidecarSupervisor, Exception> onCriticalFailure = OnCriticalFailure; // One for all.
        foreach (var (registration, settings) in OptionsReading.ReadAll(
            registry.Registrations, registration => registration.ReadOptions(options), SidecarConstants.SectionName))
        {
            var worker = registration.Build(settings, environment);
            var supervisor = new SidecarSupervisor(registration.Name, worker, environment, onCriticalFailure);
            supervisors.Add(supervisor);
            _byName.Add(registration.Name, supervisor);
        }

        Supervisors = supervisors;
        InStartOrder = [.. startOrder.Select(index => supervisors[index])];
        Groups = SidecarGroups.Form(registry, groupOptions, InStartOrder, environment, () => HostIsStopping);
        environment.Watchdog.Supervisors = Supervisors;
        environment.Instruments.Observe(this);
        _neverStarted = Unflowed.Run(
            static catalog => catalog.Environment.TimeProvider.CreateTimer(
                static state => ((SidecarCatalog)state!).WarnIfNeverStarted(),
                catalog,
                SidecarConstants.NeverStartedWarning,
                SidecarConstants.NeverStartedWarning),
            this);
    }

    /// <summary>Every sidecar, in the order of registration.</summary>
    public IReadOnlyList<SidecarSupervisor> Supervisors { get; }

    /// <summary>Every sidecar, in the order in which they start; they stop in the reverse of it.</summary>
    public IReadOnlyList<SidecarSupervisor> InStartOrder { get; }

    public IReadOnlyList<SidecarGroup> Groups { get; }

    public SidecarEnvironment Environment { get; }

    public SidecarWatchers Watchers { get; } = new();

    /// <summary>Set by the coordinator: what to do when a critical sidecar has failed for good.</summary>
    public Action<SidecarSupervisor, Exception>? CriticalFailure { get; set; }

    /// <summary>Whether the host has begun to stop: nothing is ready any more.</summary>
    public bool HostIsStopping { get; set; }

    public SidecarSupervisor Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _byName.TryGetValue(name, out var supervisor)
            ? supervisor
            : throw new ArgumentException($"No sidecar is named '{name}'. Registered are: {_registry.Describe()}.", nameof(name));
    }

    /// <summary>The writer that feeds every sidecar of a message type.</summary>
    public SidecarWriter<T> GetWriter<T>()
    {
        var workers = Supervisors.Select(static supervisor => supervisor.Worker).OfType<MessageWorker<T>>().ToArray();
        return workers.Length == 1
            ? workers[0].Writer
            : new FanOutWriter<T>([.. workers.Select(static worker => worker.Writer)], workers[0].Metrics);
    }

    /// <summary>The writer that feeds one sidecar.</summary>
    public SidecarWriter<T> GetWriter<T>(string name) => ((MessageWorker<T>)Find(name).Worker).Writer;

    /// <summary>The reader of the one source of a message type.</summary>
    /// <exception cref="InvalidOperationException">There are several: none of them is the one that is meant.</exception>
    public ChannelReader<T> GetReader<T>()
    {
        var sources = Supervisors.Where(static supervisor => supervisor.Worker is SourceWorker<T>).ToArray();
        return sources.Length == 1
            ? ((SourceWorker<T>)sources[0].Worker).Reader
            : throw new InvalidOperationException(
                $"{sources.Length} sources give messages of type '{typeof(T)}': {string.Join(", ", sources.Select(static source => $"'{source.Name}'"))}. "
                + $"Inject the reader of one of them by its name, as in [FromKeyedServices(\"{sources[0].Name}\")] ChannelReader<{typeof(T).Name}>.");
    }

    /// <summary>The reader of one source.</summary>
    public ChannelReader<T> GetReader<T>(string name) => ((SourceWorker<T>)Find(name).Worker).Reader;

    /// <summary>The client of one sidecar that replies.</summary>
    public SidecarClient<TRequest, TReply> GetClient<TRequest, TReply>(string name)
    {
        var worker = (MessageWorker<Request<TRequest, TReply>>)Find(name).Worker;
        return new RequestClient<TRequest, TReply>(name, worker, Environment.TimeProvider);
    }

    /// <summary>The host starts: loggers may be used, and nobody needs to be told that it does not.</summary>
    public void Open()
    {
        Environment.OpenLogging();
        Environment.Governor?.Start();
        if (Environment.Services.GetService<IConfiguration>() is { } configuration)
        {
            _reload = Unflowed.Run(
                static state => new SidecarReload(state.configuration, state.catalog, state.catalog._registry), (configuration, catalog: this));
        }

        _neverStarted.Dispose();
    }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    public ValueTask DisposeAsync()
    {
        _neverStarted.Dispose();
        _reload?.Dispose();
        HostIsStopping = true; // Nothing is restarted any more.
        return new ValueTask(_end ??= EndAsync());
    }

    private async Task EndAsync()
    {
        try
        {
            await Task.WhenAll(Supervisors.Select(static supervisor => Task.Run(supervisor.EndAsync))).ConfigureAwait(false);
        }
        finally
        {
            Environment.Watchdog.Dispose();
            Watchers.End(); // Last: who watches sees how each of them ended.
        }
    }

    private void OnCriticalFailure(SidecarSupervisor supervisor, Exception cause) => CriticalFailure?.Invoke(supervisor, cause);

    private void WarnIfNeverStarted()
    {
        foreach (var supervisor in Supervisors)
        {
            if (supervisor.Worker.HasMessagesLeft && !supervisor.WasStarted)
            {
                // No host starts, so no logging provider can be waiting for a writer any more.
                Environment.OpenLogging();
                _neverStarted.Dispose();
                SupervisionLog.HostNeverStarted(Environment.SupervisionLogger, supervisor.Name, SidecarConstants.NeverStartedWarning);
            }
        }
    }
}
