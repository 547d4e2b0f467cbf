using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>Asks endpoints how they are: those that are left alone, and those that no call went to of late. One flow at a time.</summary>
/// <param name="name">The ambassador's name.</param>
/// <param name="balancer">Its endpoints.</param>
/// <param name="options">Its options as they are now.</param>
/// <param name="send">Sends a request.</param>
/// <param name="clock">The clock.</param>
/// <param name="logger">The logger.</param>
/// <param name="random">The jitter of the interval.</param>
internal sealed class EndpointProber(
    string name, Balancer balancer, Func<AmbassadorOptions> options, ProbeSender send, TimeProvider clock, ILogger logger, Random? random = null)
{
    private readonly Random _random = random ?? Random.Shared;
    private long _nextAt = clock.GetTimestamp(); // For calls in passing.
    private bool _isServed;
    private bool _isProbing;

    /// <summary>The sidecar: as long as it runs, calls leave the probes to it.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        Volatile.Write(ref _isServed, true);
        try
        {
            while (true)
            {
                await Task.Delay(NextWait(), clock, ct).ConfigureAwait(false);
                await ProbeAsync(ct).ConfigureAwait(false);
            }
        }
        finally
        {
            Volatile.Write(ref _isServed, false);
        }
    }

    /// <summary>A call comes by: where there is no host, and so no sidecar, it has the probes made that are due, in the background.</summary>
    public void Pass(long now)
    {
        var nextAt = Volatile.Read(ref _nextAt);
        if (now >= nextAt && !Volatile.Read(ref _isServed) && Interlocked.CompareExchange(ref _nextAt, long.MaxValue, nextAt) == nextAt)
        {
            Unflowed.Run(static self => Task.Run(self.ProbeInPassingAsync), this).Forget();
        }
    }

    private async Task ProbeInPassingAsync()
    {
        try
        {
            await ProbeAsync(CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _nextAt, clock.GetTimestamp() + TimeTicks.Of(NextWait(), clock));
        }
    }

    private TimeSpan NextWait()
    {
        var probe = options().Probe;
        var wait = probe.Interval * Jitter.Factor(probe.Jitter, _random);
        return wait < AmbassadorConstants.MaxDuration ? wait : AmbassadorConstants.MaxDuration;
    }

    /// <summary>Asks each endpoint that is to be asked once, and does what follows from all answers together.</summary>
    public async Task ProbeAsync(CancellationToken ct)
    {
        // What a call had begun in passing when the sidecar started is not done twice.
        var current = options();
        if (current.Probe.Path is not { } path || Interlocked.Exchange(ref _isProbing, true))
        {
            return;
        }

        try
        {
            await ProbeAllAsync(current, path, ct).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _isProbing, false);
        }
    }

    private async Task ProbeAllAsync(AmbassadorOptions current, string path, CancellationToken ct)
    {
        var asked = balancer.Set.All.Where(endpoint => IsToBeAsked(endpoint, current.Probe)).ToArray();
        var epochs = Array.ConvertAll(asked, static endpoint => endpoint.Health.Epoch);
        var isWell = new bool[asked.Length];
        await Parallel.ForAsync(
            0,
            asked.Length,
            new ParallelOptions { MaxDegreeOfParallelism = AmbassadorProbeConstants.Concurrency, CancellationToken = ct },
            async (i, ct) => isWell[i] = await AskAsync(asked[i], current, path, ct).ConfigureAwait(false)).ConfigureAwait(false);

        // One after the other: whether an endpoint may be left alone depends on the others.
        for (var i = 0; i < asked.Length; i++)
        {
            Conclude(asked[i], epochs[i], isWell[i], current.Probe);
        }
    }

    private bool IsToBeAsked(BalancedEndpoint endpoint, AmbassadorProbeOptions probe)
    {
        var isIdle = endpoint.UsedAt == 0 || clock.GetElapsedTime(endpoint.UsedAt) >= probe.Interval;
        return endpoint.Health.Read().State switch
        {
            CircuitState.Open => true,
            CircuitState.Closed => probe.All || isIdle,
            _ => false, // Calls are finding out, or somebody has decided.
        };
    }

    private async Task<bool> AskAsync(BalancedEndpoint endpoint, AmbassadorOptions current, string path, CancellationToken ct)
    {
        if (AddressOf(endpoint, current, path) is not { } address)
        {
            return true; // Nobody can be asked, so nothing is said.
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Host = endpoint.Address?.HostHeader;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        string outcome;
        try
        {
            var sending = send(request, limit.Token);
            using var response = await WithinAsync(sending, current.Probe.Timeout, limit).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
            {
                return true;
            }

            outcome = ((int)response.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (Exception exception) when (!ct.IsCancellationRequested)
        {
            outcome = exception.GetType().Name;
        }

        AmbassadorLog.ProbeFailed(logger, name, endpoint.Ordinal, outcome);
        return false;
    }

    private static Uri? AddressOf(BalancedEndpoint endpoint, AmbassadorOptions current, string path) =>
        endpoint.Address?.Combine(path) ?? (current.BaseAddress is { } server ? new EndpointAddress(server).Combine(path) : null);

    private async Task<HttpResponseMessage> WithinAsync(Task<HttpResponseMessage> sending, TimeSpan timeout, CancellationTokenSource limit)
    {
        try
        {
            return await sending.WaitAsync(timeout, clock, limit.Token).ConfigureAwait(false);
        }
        catch
        {
            await limit.CancelAsync().ConfigureAwait(false);
            sending.ForgetResponse();
            throw;
        }
    }

    private void Conclude(BalancedEndpoint endpoint, long epoch, bool isWell, AmbassadorProbeOptions probe)
    {
        if (endpoint.Health.Epoch != epoch)
        {
            return; // Its circuit has changed since it was asked: what was before says nothing.
        }

        var inARow = endpoint.Probes.Epoch == epoch ? endpoint.Probes.InARow : 0;
        inARow = isWell ? Math.Max(inARow, 0) + 1 : Math.Min(inARow, 0) - 1;
        endpoint.Probes = (epoch, inARow);
        if (inARow >= probe.Successes && endpoint.Health.Read().State == CircuitState.Open)
        {
            endpoint.Health.EndBreak();
        }
        else if (-inARow >= probe.Failures && endpoint.Health.IsClosed && HasOther(endpoint))
        {
            endpoint.Health.Trip();
        }
    }

    // A path that nobody serves must not keep calls from servers that are well: the last one is for them to find out about.
    private bool HasOther(BalancedEndpoint endpoint) => balancer.Set.All.Any(other => other != endpoint && other.Health.IsClosed);
}
