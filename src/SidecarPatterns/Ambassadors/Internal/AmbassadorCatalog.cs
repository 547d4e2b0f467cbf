using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Polly;
using Polly.Registry;

namespace SidecarPatterns;

/// <summary>The ambassadors of a container, by name. Thread-safe.</summary>
internal sealed class AmbassadorCatalog
{
    private readonly IServiceProvider _services;
    private readonly IOptionsFactory<AmbassadorOptions> _options;
    private readonly ConcurrentDictionary<string, Lazy<AmbassadorState>> _states = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, RetryBudget> _budgets = new(StringComparer.Ordinal);

    public AmbassadorCatalog(
        IServiceProvider services,
        IOptionsFactory<AmbassadorOptions> options,
        ILoggerFactory loggerFactory,
        AmbassadorRegistry registry,
        AmbassadorInstruments instruments)
    {
        _services = services;
        _options = options;
        Clock = services.GetService<TimeProvider>() ?? TimeProvider.System;
        Logger = loggerFactory.CreateLogger(AmbassadorLog.Category);
        Registry = registry;
        Instruments = instruments;
        Credentials = new CredentialCaches(Clock, Logger);
        instruments.Observe(this);
    }

    public TimeProvider Clock { get; }

    public ILogger Logger { get; }

    public AmbassadorRegistry Registry { get; }

    public AmbassadorInstruments Instruments { get; }

    public CredentialCaches Credentials { get; }

    /// <summary>Wakes the sidecar that asks for endpoints.</summary>
    public EndpointSignal EndpointSignal { get; } = new();

    public IConfiguration? Configuration => _services.GetService<IConfiguration>();

    /// <summary>All that exist by now.</summary>
    public IReadOnlyList<AmbassadorState> States =>
    [
        .. _states.Values
            .Where(static state => state.IsValueCreated)
            .Select(static state => state.Value)
            .OrderBy(static state => state.Name, StringComparer.OrdinalIgnoreCase),
    ];

    /// <summary>The ambassador of a client.</summary>
    /// <exception cref="OptionsValidationException">Its options are not allowed; all errors at once.</exception>
    public AmbassadorState GetOrCreate(string name)
    {
        var lazy = _states.GetOrAdd(name, static (name, self) => new Lazy<AmbassadorState>(() => self.Create(name)), this);
        if (lazy.IsValueCreated)
        {
            return lazy.Value;
        }

        var state = lazy.Value;
        EndpointSignal.Set(); // Not before it is among the states: the one who is woken would not find it, and sleep on.
        return state;
    }

    /// <summary>The ambassador of the client that handlers are being made for.</summary>
    /// <inheritdoc cref="GetOrCreate"/>
    public static AmbassadorState StateOf(HttpMessageHandlerBuilder builder) =>
        builder.Services.GetRequiredService<AmbassadorCatalog>().GetOrCreate(builder.Name!); // Whoever has handlers made gives the name.

    /// <summary>Makes those that were registered by name, so that control, health and metrics show them before their first call.</summary>
    public void CreateRegistered()
    {
        foreach (var name in Registry.Names)
        {
            GetOrCreate(name);
        }
    }

    /// <summary>
    /// Makes the handlers of those that call public addresses only, so that a primary handler that can not be judged is told of before the first call.
    /// </summary>
    /// <exception cref="OptionsValidationException">There is one.</exception>
    public void JudgePublicHandlers()
    {
        foreach (var state in States.Where(static state => state.Settings.Egress is { IsPublic: true }))
        {
            _services.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler(state.Name);
        }
    }

    /// <summary>Reads the settings of an ambassador anew.</summary>
    /// <returns>The settings, or what is not allowed in them.</returns>
    public (AmbassadorSettings? Settings, IReadOnlyList<string> Failures) Read(string name)
    {
        var (options, failures) = _options.Read(name);
        if (options is null)
        {
            return (null, failures);
        }

        // The client without a name, which client defaults cover, is passed over by the validation of named options.
        var problems = name.Length == 0 ? AmbassadorOptionRules.FindFailures(name, options).ToList() : [];
        var current = _states.TryGetValue(name, out var state) && state.IsValueCreated ? state.Value.Settings.Options.ClientCertificate : null;
        problems.AddRange(AmbassadorCredentialRules.FindCertificateProblems(AmbassadorOptionRules.SectionOf(name), options.ClientCertificate, current));
        var inPlace = options.GetPipelinesInPlace();
        var pipelines = new AmbassadorPipelines(
            Find(name, nameof(options.CallPipeline), options.CallPipeline, inPlace.Call, problems),
            Find(name, nameof(options.AttemptPipeline), options.AttemptPipeline, inPlace.Attempt, problems),
            Find(name, nameof(options.RetryPipeline), options.RetryPipeline, inPlace.Retry, problems));
        return problems.Count == 0 ? (new AmbassadorSettings(options, pipelines, Clock), []) : (null, problems);
    }

    private AmbassadorState Create(string name)
    {
        var (settings, failures) = Read(name);
        if (settings is null)
        {
            throw new OptionsValidationException(name, typeof(AmbassadorOptions), failures);
        }

        var state = new AmbassadorState(name, settings, BudgetOf(settings), Clock, Logger, Instruments, Credentials);
        state.UseProber(() => CreatePrimaryHandler(name));
        state.Endpoints.OnDueEarlier = EndpointSignal.Set;
        return state;
    }

    /// <summary>Makes a primary handler as the client has one, with all that was set for it: whom it trusts, what it shows, by which proxy it goes.</summary>
    private HttpMessageHandler CreatePrimaryHandler(string name)
    {
        // As the factory does it. The scope is what handlers may need for as long as they live.
        var builder = _services.GetRequiredService<IServiceScopeFactory>().CreateScope().ServiceProvider.GetRequiredService<HttpMessageHandlerBuilder>();
        builder.Name = name;
        foreach (var configure in _services.GetRequiredService<IOptionsMonitor<HttpClientFactoryOptions>>().Get(name).HttpMessageHandlerBuilderActions)
        {
            configure(builder);
        }

        return builder.PrimaryHandler;
    }

    private RetryBudget BudgetOf(AmbassadorSettings settings)
    {
        var options = settings.Options.RetryBudget;
        return options.Name is { } shared
            ? _budgets.GetOrAdd(shared, static (_, self) => new RetryBudget(self.clock, self.options), (clock: Clock, options))
            : new RetryBudget(Clock, options);
    }

    private ResiliencePipeline<HttpResponseMessage>? Find(
        string ambassador, string key, string? name, ResiliencePipeline<HttpResponseMessage>? inPlace, List<string> problems)
    {
        if (name is null)
        {
            return inPlace;
        }

        if (_services.GetService<ResiliencePipelineProvider<string>>() is { } provider
            && provider.TryGetPipeline<HttpResponseMessage>(name, out var pipeline))
        {
            return pipeline;
        }

        problems.Add(
            $"{AmbassadorOptionRules.SectionOf(ambassador)}:{key} is '{name}'; allowed is the name of a pipeline for HttpResponseMessage "
            + "in Polly's registry, as AddResiliencePipeline adds it, and there is none of that name.");
        return null;
    }
}
