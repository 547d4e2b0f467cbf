using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>All that an ambassador knows from call to call. It outlives handlers, reloads and scopes, and is never disposed of.</summary>
internal sealed class AmbassadorState
{
    private readonly bool _setsBudget;
    private AmbassadorSettings _settings;
    private bool _isDrained;
    private LastError? _lastError;

    public AmbassadorState(
        string name,
        AmbassadorSettings settings,
        RetryBudget budget,
        TimeProvider clock,
        ILogger logger,
        AmbassadorInstruments? instruments = null,
        CredentialCaches? credentials = null,
        Random? random = null)
    {
        Name = name;
        _settings = settings;
        Clock = clock;
        Logger = logger;
        Random = random ?? Random.Shared;
        Scanner = DeadlineScanner.Of(clock);
        Endpoints = new EndpointDirectory(name, clock, logger, settings.Options, random)
        {
            OnTransition = OnTransition,
            Resolve = (host, ct) => Network.ResolveAsync(host, ct),
        };
        Latency = new LatencyQuantiles(clock);
        HedgeDelay = new HedgeDelay(clock);
        Budget = budget;
        _setsBudget = Budget.Join(() => Account.FirstAttempts);
        Metrics = new AmbassadorMetrics(name, instruments?.RequestDuration, clock);
        Endpoints.Balancer.NeverOpens = settings.Pipelines.Retry is not null;
        Credential = new ClientCredential(name, credentials ?? new CredentialCaches(clock, logger), clock);
        ClientCertificate = new ClientCertificateSource(name, () => Settings.Options, Endpoints.Balancer.HasEndpointNamed, logger);
        settings.Credential = Credential.Apply(settings.Options);
    }

    public string Name { get; }

    public TimeProvider Clock { get; }

    public ILogger Logger { get; }

    /// <summary>Draws the lots of endpoints and of waits; a test may give another one, and then has one thread at a time draw.</summary>
    public Random Random { get; }

    public DeadlineScanner Scanner { get; }

    public AmbassadorAccount Account { get; } = new();

    /// <summary>The endpoints, and which of them an attempt goes to.</summary>
    public EndpointDirectory Endpoints { get; }

    /// <summary>Asks the endpoints how they are: in the sidecar, or as calls come by where none does.</summary>
    public EndpointProber? Prober { get; private set; }

    public RetryBudget Budget { get; }

    public LatencyQuantiles Latency { get; }

    /// <summary>After how long an attempt is helped by a second one.</summary>
    public HedgeDelay HedgeDelay { get; }

    public ClientCredential Credential { get; }

    public ClientCertificateSource ClientCertificate { get; }

    public AmbassadorMetrics Metrics { get; }

    /// <summary>What connections are made of; a test may put in another.</summary>
    public IEgressNetwork Network { get; set; } = SystemNetwork.Instance;

    /// <summary>Whether a debugger is attached; a test may say otherwise.</summary>
    public Func<bool> IsDebuggerAttached { get; set; } = static () => Debugger.IsAttached;

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
        settings.Credential = Credential.Apply(settings.Options);
        Volatile.Write(ref _settings, settings);
        Endpoints.Balancer.NeverOpens = settings.Pipelines.Retry is not null;
        Endpoints.Apply(settings.Options);
        if (_setsBudget)
        {
            Budget.Apply(settings.Options.RetryBudget);
        }

        TellUnboundCredential();
    }

    /// <summary>Has endpoints asked how they are, where the options want it.</summary>
    /// <param name="createHandler">
    /// Makes the handler of the connections, when it is needed first. They are the prober's own: a pool that calls have used up says nothing about the
    /// endpoint. The handler goes with the state.
    /// </param>
    public void UseProber(Func<HttpMessageHandler> createHandler)
    {
        var sender = new Lazy<HttpMessageInvoker>(() => new HttpMessageInvoker(createHandler()));
        Prober = new EndpointProber(Name, Endpoints.Balancer, () => Settings.Options, (request, ct) => sender.Value.SendAsync(request, ct), Clock, Logger);
    }

    public void Remember(AttemptOutcome outcome) =>
        Volatile.Write(ref _lastError, new LastError(outcome.Describe(), Clock.GetUtcNow()));

    public AmbassadorSnapshot TakeSnapshot()
    {
        var account = Account.Read();
        var circuit = Endpoints.Balancer.Read();
        var lastError = LastError;
        return new AmbassadorSnapshot
        {
            Name = Name,
            Circuit = circuit.State,
            CircuitSince = Clock.GetUtcNow() - Clock.GetElapsedTime(circuit.Since),
            Endpoints = Endpoints.Balancer.TakeSnapshots(),
            EndpointsStaleFor = Endpoints.StaleFor,
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
            EgressRefused = account.EgressRefused,
            AbandonedPlaces = account.AbandonedPlaces,
            BudgetLeft = Budget.Left,
            P50 = Latency.Quantile(0.5),
            P95 = Latency.Quantile(0.95),
            P99 = Latency.Quantile(0.99),
            LastError = lastError?.Description,
            LastErrorAt = lastError?.At,
            Credential = Credential.TakeSnapshot(),
        };
    }

    /// <summary>Says so where the client has a credential, and its options do not say whom it is for.</summary>
    public void TellUnboundCredential()
    {
        if (Settings is { IsByHost: true } settings
            && (settings.Credential is not null || settings.Options.ClientCertificate.File is not null)
            && Told.IsNew(nameof(TellUnboundCredential)))
        {
            AmbassadorLog.CredentialIsUnbound(Logger, Name);
        }
    }

    /// <summary>Says so where the client has a certificate that the handler of its connections, which is not ours, does not show.</summary>
    public void TellUnusedCertificate(DelegatingHandler handler)
    {
        if (Settings.Options.ClientCertificate.File is not null && !PrimaryHandler.ShowsCertificate(handler) && Told.IsNew(nameof(TellUnusedCertificate)))
        {
            AmbassadorLog.ClientCertificateUnused(Logger, Name);
        }
    }

    /// <summary>Says so where probes go over other connections than calls, since nobody knows how to make another handler as the client has one.</summary>
    public void TellOwnProbes()
    {
        if (Settings.IsProbed && Told.IsNew(nameof(TellOwnProbes)))
        {
            AmbassadorLog.ProbesHaveOwnHandler(Logger, Name);
        }
    }

    private void OnTransition(BalancedEndpoint endpoint, CircuitState from, CircuitState to)
    {
        if (endpoint.Address is { } address && Endpoints.Balancer.Set.Single is null)
        {
            AmbassadorLog.EndpointCircuitChanged(Logger, Name, address.Authority, from, to);
        }
        else
        {
            AmbassadorLog.CircuitChanged(Logger, Name, from, to);
        }
    }
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
