using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>All that an ambassador knows from call to call. It outlives handlers, reloads and scopes, and is never disposed of.</summary>
internal sealed class AmbassadorState
{
    private readonly bool _setsBudget;
    private AmbassadorSettings _settings;
    private bool _isDrained;
    private LastError? _lastError;

    public AmbassadorState(string name, AmbassadorSettings settings, RetryBudget budget, TimeProvider clock, ILogger logger, AmbassadorInstruments? instruments = null)
    {
        Name = name;
        _settings = settings;
        Clock = clock;
        Logger = logger;
        Scanner = DeadlineScanner.Of(clock);
        Health = new EndpointHealth(clock, settings.Options.CircuitBreaker) { OnTransition = OnTransition };
        Endpoints = new EndpointDirectory(name, clock, logger, settings.Options)
        {
            OnTransition = (endpoint, from, to) => AmbassadorLog.EndpointCircuitChanged(logger, name, endpoint.Ordinal, from, to),
        };
        Latency = new LatencyQuantiles(clock);
        Budget = budget;
        _setsBudget = Budget.Join(() => Account.FirstAttempts);
        Metrics = new AmbassadorMetrics(name, instruments?.RequestDuration, clock);
        ApplyToHealth(settings);
    }

    public string Name { get; }

    public TimeProvider Clock { get; }

    public ILogger Logger { get; }

    public DeadlineScanner Scanner { get; }

    public AmbassadorAccount Account { get; } = new();

    public EndpointHealth Health { get; }

    /// <summary>The endpoints, and which of them an attempt goes to.</summary>
    public EndpointDirectory Endpoints { get; }

    /// <summary>Makes the handler of the prober, where it is not to be one as the options of the network say.</summary>
    public Func<HttpMessageHandler>? CreateProbeHandler { get; set; }

    public RetryBudget Budget { get; }

    public LatencyQuantiles Latency { get; }

    public AmbassadorMetrics Metrics { get; }

    /// <summary>What is told once.</summary>
    public ToldOnce Told { get; } = new();

    public AmbassadorSettings Settings => Volatile.Read(ref _settings);

    public LastError? LastError => Volatile.Read(ref _lastError);

    /// <summary>Whether calls are refused.</summary>
    public bool IsDrained
    {
        get => Volatile.Read(ref _isDrained);
        set => Interlocked.Exchange(ref _isDrained, value); // Whoever looks at the account next sees every call that has not seen this.
    }

    public void Apply(AmbassadorSettings settings)
    {
        Volatile.Write(ref _settings, settings);
        ApplyToHealth(settings);
        Endpoints.Apply(settings.Options);
        if (_setsBudget)
        {
            Budget.Apply(settings.Options.RetryBudget);
        }
    }

    public void Remember(AttemptOutcome outcome) =>
        Volatile.Write(ref _lastError, new LastError(outcome.Describe(), Clock.GetUtcNow()));

    public AmbassadorSnapshot TakeSnapshot()
    {
        var account = Account.Read();
        var circuit = Health.Read();
        var lastError = LastError;
        return new AmbassadorSnapshot
        {
            Name = Name,
            Circuit = circuit.State,
            CircuitSince = Clock.GetUtcNow() - Clock.GetElapsedTime(circuit.Since),
            IsDrained = IsDrained,
            Calls = account.Calls,
            Succeeded = account.Succeeded,
            Failed = account.Failed,
            Cancelled = account.Cancelled,
            Refused = account.Refused,
            InFlight = account.InFlight,
            Attempts = account.Attempts,
            Outcomes = account.Outcomes,
            RetriesSkipped = account.RetriesSkipped,
            BudgetLeft = Budget.Left,
            P50 = Latency.Quantile(0.5),
            P95 = Latency.Quantile(0.95),
            P99 = Latency.Quantile(0.99),
            LastError = lastError?.Description,
            LastErrorAt = lastError?.At,
        };
    }

    private void ApplyToHealth(AmbassadorSettings settings)
    {
        Health.Apply(settings.Options.CircuitBreaker);
        Health.NeverOpens = settings.Pipelines.Retry is not null;
    }

    private void OnTransition(CircuitState from, CircuitState to) => AmbassadorLog.CircuitChanged(Logger, Name, from, to);
}

/// <summary>What an attempt that failed ended with, and when.</summary>
internal sealed record LastError(string Description, DateTimeOffset At);

/// <summary>Remembers what has been told, so that it is told once.</summary>
internal sealed class ToldOnce
{
    private readonly HashSet<string> _told = [];

    /// <summary>Whether this is news.</summary>
    public bool IsNew(string what)
    {
        lock (_told)
        {
            return _told.Add(what);
        }
    }
}
