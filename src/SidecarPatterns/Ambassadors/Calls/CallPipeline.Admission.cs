namespace SidecarPatterns;

/// <content>The balance, the circuit breaker and the limit of concurrency: which endpoint is sent a request now, if any.</content>
internal sealed partial class CallPipeline
{
    private const int MaxPicks = TriedEndpoints.Capacity; // As many as a call can avoid.

    /// <summary>Has an endpoint admit the next attempt.</summary>
    /// <returns>Why none does; <see langword="null"/> if one does.</returns>
    private HttpRequestException? Admit(Call call, AmbassadorConcurrencyOptions options, long now)
    {
        var avoided = call.Tried;
        var picks = 0;
        TimeSpan? retryAfter;
        while (TryPick(call, now, PickPurpose.Attempt, avoided, out var lease, out retryAfter))
        {
            call.Lease = lease;
            if (TryTakePlace(call, options))
            {
                return null;
            }

            // It may have been the leave of a probe. One that has enough to do is passed over; where several have, all are looked at, once.
            GiveLeaseBack(call, now);
            if (++picks == MaxPicks || avoided.Contains(lease.Endpoint))
            {
                return TryAdmitAnywhere(call, options, now) ? null : FullException(options);
            }

            avoided.Add(lease.Endpoint);
        }

        return picks > 0 ? FullException(options) : new AmbassadorCircuitOpenException(state.Name, retryAfter);
    }

    /// <summary>Has any endpoint that requests go to admit the next attempt: the better priority first, and those last that the call has been to.</summary>
    private bool TryAdmitAnywhere(Call call, AmbassadorConcurrencyOptions options, long now)
    {
        var tiers = TiersOf(call);
        foreach (var isTried in (ReadOnlySpan<bool>)[false, true])
        {
            foreach (var tier in tiers)
            {
                var from = state.Random.Next(tier.Ready.Length);
                for (var i = 0; i < tier.Ready.Length; i++)
                {
                    var endpoint = tier.Ready[(from + i) % tier.Ready.Length];
                    if (call.Tried.Contains(endpoint) == isTried && TryAdmitAt(call, endpoint, options, now))
                    {
                        return true;
                    }
                }
            }
        }

        return false;
    }

    /// <summary>The endpoints that the call can choose from, if there are several.</summary>
    private EndpointTier[] TiersOf(Call call) => call.Settings.IsByHost ? [] : state.Endpoints.Balancer.Set.Tiers;

    private bool TryAdmitAt(Call call, BalancedEndpoint endpoint, AmbassadorConcurrencyOptions options, long now)
    {
        call.Place = endpoint.Gate.TryEnter(options);
        return call.Place is not null && TryReadmit(call, endpoint, now);
    }

    private bool TryPick(Call call, long now, PickPurpose purpose, in TriedEndpoints avoided, out EndpointLease lease, out TimeSpan? retryAfter)
    {
        if (call.Settings.IsProbed)
        {
            state.Prober?.Pass(now);
        }

        return call.Settings.IsByHost && call.Request.RequestUri is { IsAbsoluteUri: true } address
            ? state.Endpoints.Balancer.TryPickHost(address, now, purpose, ProbeTimeoutOf(call), out lease, out retryAfter)
            : state.Endpoints.TryPick(now, purpose, avoided, ProbeTimeoutOf(call), out lease, out retryAfter);
    }

    /// <summary>A look ahead: where no endpoint would admit a request now, no content is read and no credential waited for.</summary>
    private AmbassadorCircuitOpenException? FindOpenCircuit() => state.Endpoints.IsReady && !state.Endpoints.Balancer.CanAdmit(TimeSpan.Zero)
        ? new AmbassadorCircuitOpenException(state.Name, state.Endpoints.Balancer.Read().RetryAfter)
        : null;

    /// <summary>As <see cref="Admit"/>, but waits for endpoints to be known, and for a place where there is room to wait.</summary>
    private async ValueTask<Exception?> AdmitAsync(Call call, long now)
    {
        if (!state.Endpoints.IsReady)
        {
            if (await FindOutEndpointsAsync(call).ConfigureAwait(false) is { } unknown)
            {
                return unknown;
            }

            now = _clock.GetTimestamp();
        }

        if (!HasTimeFor(call, now))
        {
            return new TimeoutException();
        }

        // One reading for both: a limit that a reload takes away between them would refuse those who could wait.
        var options = Concurrency;
        var refusal = Admit(call, options, now);
        if (refusal is not AmbassadorRejectedException)
        {
            return refusal;
        }

        var (from, longest) = (now, _clock.GetElapsedTime(now, call.DueAt) - call.Settings.Options.MinAttemptTime);
        longest = longest < options.QueueTimeout ? longest : options.QueueTimeout;
        for (var left = longest;
            refusal is AmbassadorRejectedException && left > TimeSpan.Zero && FindQueue(call, options) is { } endpoint;
            left = longest - _clock.GetElapsedTime(from, now))
        {
            try
            {
                var entering = endpoint.Gate.EnterAsync(options, left, call.Caller);
                call.Place = call.IsSync ? entering.AsTask().GetAwaiter().GetResult() : await entering.ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (call.Caller.IsCancellationRequested)
            {
                return new OperationCanceledException(call.Caller);
            }

            now = _clock.GetTimestamp();
            if (call.Place is not null)
            {
                // It may have gone meanwhile, its circuit may have opened, or want a probe. Then another one may have room.
                options = Concurrency;
                refusal = TryReadmit(call, endpoint, now) ? null : Admit(call, options, now);
            }
        }

        return refusal;
    }

    /// <summary>Where a call waits best: where the fewest wait, and rather where it has not been.</summary>
    /// <returns>The endpoint; <see langword="null"/> if none has room for another one to wait.</returns>
    private BalancedEndpoint? FindQueue(Call call, AmbassadorConcurrencyOptions options)
    {
        foreach (var tier in TiersOf(call))
        {
            BalancedEndpoint? best = null;
            var fewest = int.MaxValue;
            foreach (var endpoint in tier.Ready)
            {
                var waiting = endpoint.Gate.FindWaiting(options) + (call.Tried.Contains(endpoint) ? options.QueueLimit : 0);
                if (waiting < fewest)
                {
                    (best, fewest) = (endpoint, waiting.Value);
                }
            }

            if (best is not null)
            {
                return best;
            }
        }

        return call.Lease.Endpoint.Gate.FindWaiting(options) is null ? null : call.Lease.Endpoint;
    }

    /// <summary>The options of the limit as they are now, and not as they were when the call began: an endpoint has one limit at a time.</summary>
    private AmbassadorConcurrencyOptions Concurrency => state.Settings.Options.Concurrency;

    private static bool TryTakePlace(Call call, AmbassadorConcurrencyOptions options)
    {
        if (options.Limit is null)
        {
            return true;
        }

        call.Place = call.Lease.Endpoint.Gate.TryEnter(options);
        return call.Place is not null;
    }

    /// <summary>Nothing is sent after all, and nothing is known of the endpoint that was not known before.</summary>
    private void GiveLeaseBack(Call call, long now) => state.Endpoints.Balancer.GiveBack(call.Lease, now);

    private AmbassadorRejectedException FullException(AmbassadorConcurrencyOptions options) => new(
        state.Name, $"Ambassador '{state.Name}' has as many requests under way as Concurrency:Limit allows, {options.Limit}: nothing was sent.");

    /// <summary>Has an endpoint admit the attempt where the call has a place already; if it does not, the place is free again.</summary>
    private bool TryReadmit(Call call, BalancedEndpoint endpoint, long now)
    {
        if (state.Endpoints.Balancer.TryEnter(endpoint, now, ProbeTimeoutOf(call), out var lease))
        {
            call.Lease = lease;
            return true;
        }

        LeavePlace(call);
        return false;
    }

    private static void LeavePlace(Call call)
    {
        call.Place?.Dispose();
        call.Place = null;
    }

    /// <summary>The place goes with the body that is handed over; what gives it up when nobody reads, is read, or is done.</summary>
    private PlaceHold? HandPlaceOver(Call call, TimeSpan? idleTimeout)
    {
        if (call.Place is not { } place)
        {
            return null;
        }

        call.Place = null;
        return call.HandedPlace = new PlaceHold(place, _clock, idleTimeout, state.Account.CountAbandonedPlace);
    }

    /// <summary>How long the attempt may take, should it be a probe; <see langword="null"/> where it has no limit of its own.</summary>
    private TimeSpan? ProbeTimeoutOf(Call call) =>
        CanFollow(call, call.Attempts + 1) ? call.Limits.AttemptTimeout ?? call.Settings.Options.AttemptTimeout : null;

    /// <summary>Waits until endpoints are known, no longer than the call has time.</summary>
    /// <returns>Why it can not be made; <see langword="null"/> if it can.</returns>
    private async ValueTask<Exception?> FindOutEndpointsAsync(Call call)
    {
        try
        {
            await WaitInTime(call, state.Endpoints.EnsureReadyAsync(call.Caller).AsTask(), CancellationToken.None).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException) when (call.Caller.IsCancellationRequested)
        {
            return new OperationCanceledException(call.Caller);
        }
        catch (Exception exception) when (exception is HttpRequestException or TimeoutException)
        {
            if (exception is AmbassadorEgressException refusal)
            {
                state.Account.CountEgress(refusal.Reason);
            }

            return exception;
        }
    }
}
