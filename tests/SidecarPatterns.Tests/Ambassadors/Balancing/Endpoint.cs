namespace SidecarPatterns.Tests;

/// <summary>The health of one endpoint, on a clock of the test's, by steps that read as what happens to it.</summary>
internal sealed class Endpoint
{
    private readonly List<(CircuitState From, CircuitState To)> _transitions = [];

    public Endpoint(Action<AmbassadorCircuitBreakerOptions>? configure = null, Random? random = null)
    {
        Options = OptionsOf(configure);
        Health = new EndpointHealth(Clock, Options, random)
        {
            OnTransition = (from, to) =>
            {
                lock (_transitions)
                {
                    _transitions.Add((from, to));
                }
            },
        };
    }

    public TestClock Clock { get; } = new();

    public AmbassadorCircuitBreakerOptions Options { get; }

    public EndpointHealth Health { get; }

    public CircuitState State => Health.Read().State;

    /// <summary>How long it is open still.</summary>
    public TimeSpan? Left => Health.Read().RetryAfter;

    public IReadOnlyList<(CircuitState From, CircuitState To)> Transitions
    {
        get
        {
            lock (_transitions)
            {
                return [.. _transitions];
            }
        }
    }

    /// <summary>Options whose breaks have a known length.</summary>
    public static AmbassadorCircuitBreakerOptions OptionsOf(Action<AmbassadorCircuitBreakerOptions>? configure)
    {
        var options = new AmbassadorCircuitBreakerOptions { BreakJitter = 0 };
        configure?.Invoke(options);
        return options;
    }

    public void Pass(double seconds) => Clock.Advance(TimeSpan.FromSeconds(seconds));

    public HealthPermit? TryEnter(TimeSpan? probeTimeout = null) =>
        Health.TryEnter(Clock.GetTimestamp(), probeTimeout, out var permit, out _) ? permit : null;

    public HealthPermit Enter(TimeSpan? probeTimeout = null) => TryEnter(probeTimeout) ?? throw new InvalidOperationException($"It lets nothing through: it is {State}.");

    public void Record(HealthPermit permit, HealthEffect effect, TimeSpan? minimumBreak = null) =>
        Health.Record(permit, effect, Clock.GetTimestamp(), minimumBreak);

    /// <summary>Requests that are let through and end so.</summary>
    public void Send(HealthEffect effect, int times = 1, TimeSpan? minimumBreak = null)
    {
        for (var i = 0; i < times; i++)
        {
            Record(Enter(), effect, minimumBreak);
        }
    }

    /// <summary>Fails as often as it takes.</summary>
    public void Trip(TimeSpan? minimumBreak = null)
    {
        while (State == CircuitState.Closed)
        {
            Send(HealthEffect.Failure, minimumBreak: minimumBreak);
        }
    }

    /// <summary>Lets the break pass.</summary>
    public void PassBreak() => Clock.Advance(Left!.Value);

    /// <summary>Lets the break pass, and the probes succeed.</summary>
    public void Recover()
    {
        PassBreak();
        Send(HealthEffect.Success, Options.SuccessesToClose);
    }
}
