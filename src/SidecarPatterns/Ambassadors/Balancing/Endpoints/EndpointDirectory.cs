using System.Net;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>Knows the endpoints of one ambassador: those of the options, those of its source, and those that DNS has for their names. Thread-safe.</summary>
/// <remarks>
/// <para>
/// Where the options say all, the endpoints stand from the beginning, and nothing of this costs a call anything. Otherwise they are asked for: by the sidecar
/// <see cref="EndpointRefresher"/>, by the first call that needs them, after a request that could not be sent, and, where there is no host, by calls in
/// passing, in the background. One question is under way at a time, in nobody's name: whoever waits for it leaves by their own token.
/// </para>
/// </remarks>
internal sealed partial class EndpointDirectory
{
    private readonly string _name;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Random _random;
    private readonly Lock _lock = new();

    // Guarded by the lock; those that are read without it are written by Volatile too.
    private AmbassadorOptions _options;
    private bool _isDynamic;
    private bool _isReady;
    private Task _refreshing = Task.CompletedTask;
    private bool _isUnderWay; // Until a refresh looks for the last time whether another one is wanted; its task ends a little later.
    private bool _isWantedAgain;
    private long _startedAt;
    private long _nextAt = long.MaxValue;
    private long _touchAt = long.MaxValue;

    public EndpointDirectory(string name, TimeProvider clock, ILogger logger, AmbassadorOptions options, Random? random = null)
    {
        _name = name;
        _clock = clock;
        _logger = logger;
        _options = options;
        _random = random ?? Random.Shared;
        Balancer = new Balancer(clock, options.Balancing, options.CircuitBreaker, random)
        {
            OnTransition = (endpoint, from, to) => OnTransition?.Invoke(endpoint, from, to),
        };
        _startedAt = clock.GetTimestamp() - TimeTicks.Of(AmbassadorConstants.MaxDuration, clock);
        UseOptions();
    }

    /// <summary>Called when the circuit of an endpoint has changed. Must not throw.</summary>
    public Action<BalancedEndpoint, CircuitState, CircuitState>? OnTransition { get; init; }

    /// <summary>Called when the endpoints are to be asked for sooner than was said. Must not throw.</summary>
    public Action? OnDueEarlier { get; set; }

    /// <summary>Asks DNS for the addresses of a name.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = static (name, ct) => Dns.GetHostAddressesAsync(name, ct);

    public Balancer Balancer { get; }

    /// <summary>Whether the endpoints are not all in the options.</summary>
    public bool IsDynamic => Volatile.Read(ref _isDynamic);

    /// <summary>Whether there are endpoints to pick from.</summary>
    public bool IsReady => Volatile.Read(ref _isReady);

    /// <summary>When they are to be asked for next, as a timestamp; the greatest number if never.</summary>
    public long NextAt => Volatile.Read(ref _nextAt);

    /// <summary>Takes new options. Endpoints that stay keep all that is known of them.</summary>
    public void Apply(AmbassadorOptions options)
    {
        lock (_lock)
        {
            _options = options;
        }

        Balancer.Apply(options.Balancing, options.CircuitBreaker);
        UseOptions();
    }

    /// <summary>Makes sure that there are endpoints to pick from: completed at once, but for the first calls where they have to be asked for.</summary>
    /// <param name="ct">The caller's token.</param>
    /// <exception cref="HttpRequestException">They could not be found out, and never were.</exception>
    public ValueTask EnsureReadyAsync(CancellationToken ct) => IsReady ? default : new ValueTask(WaitUntilReadyAsync(ct));

    /// <summary>Picks an endpoint: see <see cref="Balancer.TryPick"/>.</summary>
    public bool TryPick(
        long now, PickPurpose purpose, in TriedEndpoints tried, TimeSpan? probeTimeout, out EndpointLease lease, out TimeSpan? retryAfter)
    {
        if (now >= Volatile.Read(ref _touchAt))
        {
            Refresh();
        }

        return Balancer.TryPick(now, purpose, tried, probeTimeout, out lease, out retryAfter);
    }

    /// <summary>Ends a request: see <see cref="Balancer.End"/>. One that could not be sent has the endpoints asked for anew.</summary>
    public void End(in EndpointLease lease, AttemptClass attempt, HealthEffect effect, long now, TimeSpan? retryAfter = null, TimeSpan? minimumBreak = null)
    {
        Balancer.End(lease, attempt, effect, now, retryAfter, minimumBreak);
        if (attempt == AttemptClass.Unsent && effect == HealthEffect.Failure && IsDynamic)
        {
            RequestRefresh();
        }
    }

    /// <summary>Asks for the endpoints anew, unless that is under way.</summary>
    /// <returns>Completes when it has been done; it never fails.</returns>
    public Task Refresh()
    {
        lock (_lock)
        {
            if (_isUnderWay || !_isDynamic)
            {
                return _refreshing;
            }

            _isUnderWay = true;
            _isWantedAgain = false;
            _startedAt = _clock.GetTimestamp();
            ScheduleAt(long.MaxValue, long.MaxValue);
            return _refreshing = Unflowed.Run(static self => Task.Run(self.RefreshAsync), this);
        }
    }

    /// <summary>Has them asked for anew as soon as may be.</summary>
    public void RequestRefresh()
    {
        lock (_lock)
        {
            if (!_isDynamic)
            {
                return;
            }

            if (_isUnderWay)
            {
                _isWantedAgain = true;
                return;
            }

            var earliest = EarliestAt;
            if (_clock.GetTimestamp() >= earliest)
            {
                Refresh();
                return;
            }

            ScheduleAt(earliest, earliest);
        }

        OnDueEarlier?.Invoke();
    }

    private long EarliestAt => _startedAt + TimeTicks.Of(_options.Resolution.MinRefreshInterval, _clock);

    private void UseOptions()
    {
        lock (_lock)
        {
            var isDynamic = _options.GetEndpointSource() is not null || _options.Endpoints.Any(IsToBeResolved);
            Volatile.Write(ref _isDynamic, isDynamic);
            if (!isDynamic)
            {
                ScheduleAt(long.MaxValue, long.MaxValue);
                Use(_options.Endpoints.Count == 0 ? [EndpointSpec.Anywhere] : [.. _options.Endpoints.Select(static endpoint => SpecOf(endpoint))]);
                Freshen();
                return;
            }

            _isWantedAgain = _isUnderWay;
            ScheduleAt(_clock.GetTimestamp(), _clock.GetTimestamp());
        }

        OnDueEarlier?.Invoke();
    }

    private void ScheduleAt(long next, long touch)
    {
        Volatile.Write(ref _nextAt, next);
        Volatile.Write(ref _touchAt, touch);
    }

    private async Task WaitUntilReadyAsync(CancellationToken ct)
    {
        Task refreshing;
        lock (_lock)
        {
            // Whoever comes right after a failure fails by it: a server of names that is down is not asked by each call.
            var isTooSoon = !_isUnderWay && _clock.GetTimestamp() < EarliestAt;
            refreshing = isTooSoon ? _refreshing : Refresh();
        }

        await refreshing.WaitAsync(ct).ConfigureAwait(false);
        if (!IsReady)
        {
            throw LastFailure is AmbassadorEgressException refusal
                ? refusal.Anew()
                : new HttpRequestException(
                    HttpRequestError.NameResolutionError, $"The endpoints of ambassador '{_name}' could not be found out, and none is known.", LastFailure);
        }
    }

    private void Use(List<EndpointSpec> specs)
    {
        if (!Balancer.Replace(specs))
        {
            Tell($"{specs.Count} endpoints", problem => AmbassadorLog.TooManyEndpoints(_logger, _name, _options.Balancing.MaxEndpoints));
        }

        Volatile.Write(ref _isReady, true);
    }

    private static bool IsToBeResolved(AmbassadorEndpoint endpoint) => endpoint is { PerAddress: true, Address.HostNameType: UriHostNameType.Dns };

    private static EndpointSpec SpecOf(AmbassadorEndpoint endpoint, IPAddress? ip = null) =>
        new(new EndpointAddress(endpoint.Address!, ip), endpoint.Weight, endpoint.Priority);
}
