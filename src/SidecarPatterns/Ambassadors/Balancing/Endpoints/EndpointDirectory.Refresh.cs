using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Primitives;

namespace SidecarPatterns;

/// <content>One question for the endpoints: to the source, and to DNS for each name. Runs by itself, once at a time.</content>
internal sealed partial class EndpointDirectory
{
    // The refresh's own: what was answered last.
    private readonly Dictionary<string, IPAddress[]> _addresses = new(StringComparer.OrdinalIgnoreCase);
    private IReadOnlyList<AmbassadorEndpoint>? _fromSource;
    private IDisposable? _watch;
    private HashSet<string> _told = [];
    private HashSet<string> _telling = [];
    private bool _isOutdatedTold;

    private Exception? _lastFailure;
    private long _staleSince = long.MinValue;

    /// <summary>Why they could not be found out last time; <see langword="null"/> if they could.</summary>
    public Exception? LastFailure => Volatile.Read(ref _lastFailure);

    /// <summary>For how long there has been no full answer; <see langword="null"/> if the last one was.</summary>
    public TimeSpan? StaleFor => Volatile.Read(ref _staleSince) is var since && since != long.MinValue ? _clock.GetElapsedTime(since) : null;

    private async Task RefreshAsync()
    {
        AmbassadorOptions options;
        lock (_lock)
        {
            options = _options;
        }

        Exception? failure = null;
        try
        {
            _telling = [];
            var specs = await FindAsync(options, problem => failure ??= problem).ConfigureAwait(false);
            lock (_lock)
            {
                if (_isDynamic && specs.Count > 0)
                {
                    Use(specs);
                }
            }

            _told = _telling;
        }
#pragma warning disable CA1031 // It is nobody's call that fails: the endpoints stay as they are.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            failure ??= exception;
        }

        Conclude(failure, options.Resolution);
    }

    private void Conclude(Exception? failure, AmbassadorResolutionOptions options)
    {
        try
        {
            if (failure is null)
            {
                Freshen();
            }
            else
            {
                GoStale(failure, options);
            }
        }
        finally
        {
            ScheduleNext(options);
        }

        OnDueEarlier?.Invoke();
    }

    private void ScheduleNext(AmbassadorResolutionOptions options)
    {
        lock (_lock)
        {
            _isUnderWay = false;
            if (!_isDynamic)
            {
                return;
            }

            var now = _clock.GetTimestamp();
            var isEarly = _isWantedAgain;
            _isWantedAgain = false;
            var next = isEarly ? Math.Max(now, EarliestAt) : now + TimeTicks.Of(options.RefreshPeriod * Jitter.Factor(options.RefreshJitter, _random), _clock);
            ScheduleAt(next, isEarly ? next : next + TimeTicks.Of(AmbassadorResolutionConstants.CallsGrace, _clock));
        }
    }

    private void Freshen()
    {
        Volatile.Write(ref _lastFailure, null);
        _isOutdatedTold = false;
        if (Interlocked.Exchange(ref _staleSince, long.MinValue) != long.MinValue)
        {
            AmbassadorLog.EndpointsFresh(_logger, _name);
        }
    }

    private void GoStale(Exception failure, AmbassadorResolutionOptions options)
    {
        Volatile.Write(ref _lastFailure, failure);
        if (Interlocked.CompareExchange(ref _staleSince, _clock.GetTimestamp(), long.MinValue) == long.MinValue)
        {
            AmbassadorLog.EndpointsStale(_logger, _name, failure);
        }
        else if (!_isOutdatedTold && StaleFor >= options.StaleAfter)
        {
            _isOutdatedTold = true;
            AmbassadorLog.EndpointsOutdated(_logger, _name, StaleFor.Value);
        }
    }

    /// <summary>All endpoints as they are now, those included that could not be asked for and are as they were.</summary>
    private async Task<List<EndpointSpec>> FindAsync(AmbassadorOptions options, Action<Exception> onFailure)
    {
        var endpoints = options.GetEndpointSource() is { } source ? await AskAsync(source, options, onFailure).ConfigureAwait(false) : options.Endpoints;
        var names = endpoints.Where(IsToBeResolved).Select(static endpoint => endpoint.Address!.IdnHost).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        var answers = await Task.WhenAll(names.Select(name => ResolveAsync(name, options.Resolution))).ConfigureAwait(false);
        var egress = EgressPolicy.Of(options);
        foreach (var (name, addresses, failure) in answers)
        {
            if ((failure ?? TryKeep(name, addresses, egress)) is { } problem)
            {
                onFailure(problem);
            }
        }

        foreach (var gone in _addresses.Keys.Except(names, StringComparer.OrdinalIgnoreCase).ToList())
        {
            _addresses.Remove(gone);
        }

        List<EndpointSpec> specs =
        [
            .. endpoints.SelectMany(endpoint => IsToBeResolved(endpoint)
                ? _addresses.GetValueOrDefault(endpoint.Address!.IdnHost, []).Select(ip => SpecOf(endpoint, ip))
                : [SpecOf(endpoint)]),
        ];
        return LeaveOutInTheClear(specs, options);
    }

    /// <summary>
    /// Keeps the addresses of a name, as far as a connection to the name could go there: each is an endpoint, and would be judged alone from then on.
    /// </summary>
    /// <returns>Why none may be called; <see langword="null"/> if they are kept.</returns>
    private AmbassadorEgressException? TryKeep(string name, IPAddress[] addresses, EgressPolicy? egress)
    {
        try
        {
            var allowed = egress?.FindAllowed(_name, name, addresses) ?? addresses;
            if (allowed.Length < addresses.Length)
            {
                Tell($"'{name}' has addresses that may not be called.", problem => AmbassadorLog.EndpointLeftOut(_logger, _name, problem));
            }

            _addresses[name] = allowed;
            return null;
        }
        catch (AmbassadorEgressException refusal)
        {
            return refusal;
        }
    }

    /// <summary>
    /// Where calls have a credential, an endpoint that it must not go to would fail each of its calls; it is left out as long as there are others.
    /// </summary>
    private List<EndpointSpec> LeaveOutInTheClear(List<EndpointSpec> specs, AmbassadorOptions options)
    {
        if (!AmbassadorCredentialRules.KeepsFromTheClear(options))
        {
            return specs;
        }

        var secure = specs.FindAll(static spec => spec.Address!.IsSecure);
        if (secure.Count == 0)
        {
            return specs; // So that calls say why.
        }

        foreach (var spec in specs.Except(secure))
        {
            Tell(
                $"'{spec.Address!.Authority}' has no https, and calls have a credential, which Authentication:AllowInsecureCredentials does not allow there.",
                problem => AmbassadorLog.EndpointLeftOut(_logger, _name, problem));
        }

        return secure;
    }

    private async Task<(string Name, IPAddress[] Addresses, Exception? Failure)> ResolveAsync(string name, AmbassadorResolutionOptions options)
    {
        try
        {
            var addresses = await WithinAsync(ct => Resolve(name, ct), options.Timeout).ConfigureAwait(false);
            return addresses.Length > 0
                ? (name, [.. addresses.Select(AsDialled).Distinct().OrderBy(static address => address.ToString(), StringComparer.Ordinal)], null)
                : (name, [], new SocketException((int)SocketError.NoData));
        }
#pragma warning disable CA1031 // Whatever it is, the name has no answer now.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return (name, [], exception is TimeoutException ? new SocketException((int)SocketError.TryAgain) : exception);
        }
    }

    // One address in two notations is one server.
    private static IPAddress AsDialled(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private async Task<IEnumerable<AmbassadorEndpoint>> AskAsync(IEndpointSource source, AmbassadorOptions options, Action<Exception> onFailure)
    {
        try
        {
            var set = await WithinAsync(ct => source.GetEndpointsAsync(ct).AsTask(), options.Resolution.Timeout).ConfigureAwait(false);
            Watch(set.ChangeToken);
            var egress = EgressPolicy.Of(options);
            var allowed = set.Endpoints.Where(endpoint => IsAllowed(endpoint, egress)).ToList();
            if (allowed.Count > 0)
            {
                _fromSource = allowed;
            }
            else
            {
                onFailure(new InvalidOperationException($"{source.GetType().Name} has answered with no endpoint that is allowed."));
            }
        }
#pragma warning disable CA1031 // The source is the user's own code: whatever it throws, it has no answer now.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            onFailure(exception);
        }

        return _fromSource ?? [];
    }

    private bool IsAllowed(AmbassadorEndpoint endpoint, EgressPolicy? egress)
    {
        var problems = AmbassadorEndpointRules.Table.FindFailures("The source's endpoint", endpoint).ToList();
        if (problems.Count == 0 && IPAddress.TryParse(endpoint.Address!.IdnHost, out var address) && egress?.Judge.FindRefusal(address) is { } range)
        {
            problems.Add($"The source's endpoint '{endpoint.Address.Authority}' may not be called: {range.Rule}.");
        }

        problems.ForEach(problem => Tell(problem, problem => AmbassadorLog.EndpointLeftOut(_logger, _name, problem)));
        return problems.Count == 0;
    }

    /// <summary>Tells what was not told the last time.</summary>
    private void Tell(string problem, Action<string> log)
    {
        if (_telling.Add(problem) && !_told.Contains(problem))
        {
            log(problem);
        }
    }

    private void Watch(IChangeToken? token)
    {
        _watch?.Dispose();
        _watch = token is { ActiveChangeCallbacks: true }
            ? token.RegisterChangeCallback(static self => ((EndpointDirectory)self!).RequestRefresh(), this)
            : null;
    }

    /// <summary>Waits for an answer no longer than it may take, even where the one who is asked ignores that.</summary>
    private async Task<T> WithinAsync<T>(Func<CancellationToken, Task<T>> ask, TimeSpan timeout)
    {
        using var limit = new CancellationTokenSource();
        var asking = ask(limit.Token);
        try
        {
            return await asking.WaitAsync(timeout, _clock).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await limit.CancelAsync().ConfigureAwait(false);
            asking.Forget();
            throw;
        }
    }
}
