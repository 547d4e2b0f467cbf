namespace SidecarPatterns;

/// <content>The balance, the circuit breaker and the limit of concurrency: which endpoint is sent a request now, if any.</content>
internal sealed partial class CallPipeline
{
    /// <summary>Has an endpoint admit the next attempt.</summary>
    /// <returns>Why none does; <see langword="null"/> if one does.</returns>
    private HttpRequestException? Admit(Call call, long now)
    {
        var avoided = call.Tried;
        TriedEndpoints full = default;
        AmbassadorRejectedException? rejection = null;
        TimeSpan? retryAfter;
        while (TryPick(call, now, PickPurpose.Attempt, avoided, out var lease, out retryAfter))
        {
            call.Lease = lease;
            if (TryTakePlace(call))
            {
                return null;
            }

            // It may have been the leave of a probe. An endpoint that has enough to do is passed over once; then all are full.
            GiveLeaseBack(call, now);
            rejection ??= FullException();
            if (full.Contains(lease.Endpoint))
            {
                return rejection;
            }

            full.Add(lease.Endpoint);
            avoided.Add(lease.Endpoint);
        }

        return rejection ?? (HttpRequestException)new AmbassadorCircuitOpenException(state.Name, retryAfter);
    }

    private bool TryPick(Call call, long now, PickPurpose purpose, in TriedEndpoints avoided, out EndpointLease lease, out TimeSpan? retryAfter)
    {
        state.Prober?.Pass(now);
        return call.Settings.IsByHost && call.Request.RequestUri is { IsAbsoluteUri: true } address
            ? state.Endpoints.Balancer.TryPickHost(address, now, purpose, ProbeTimeoutOf(call), out lease, out retryAfter)
            : state.Endpoints.TryPick(now, purpose, avoided, ProbeTimeoutOf(call), out lease, out retryAfter);
    }

    /// <summary>As <see cref="Admit"/>, but waits for endpoints to be known, and for a place where there is room to wait.</summary>
    private async ValueTask<Exception?> AdmitAsync(Call call, long now)
    {
        if (!state.Endpoints.IsReady && await FindOutEndpointsAsync(call).ConfigureAwait(false) is { } unknown)
        {
            return unknown;
        }

        var refusal = Admit(call, now);
        var options = Concurrency;
        var left = _clock.GetElapsedTime(now, call.DueAt) - call.Settings.Options.MinAttemptTime;
        if (refusal is not AmbassadorRejectedException || options is not { Limit: not null, QueueLimit: > 0 } || left <= TimeSpan.Zero)
        {
            return refusal;
        }

        try
        {
            var entering = call.Lease.Endpoint.Gate.EnterAsync(options, left < options.QueueTimeout ? left : options.QueueTimeout, call.Caller);
            call.Place = call.IsSync ? entering.AsTask().GetAwaiter().GetResult() : await entering.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (call.Caller.IsCancellationRequested)
        {
            return new OperationCanceledException(call.Caller);
        }

        return call.Place is null ? refusal : Readmit(call);
    }

    /// <summary>The options of the limit as they are now, and not as they were when the call began: an endpoint has one limit at a time.</summary>
    private AmbassadorConcurrencyOptions Concurrency => state.Settings.Options.Concurrency;

    private bool TryTakePlace(Call call)
    {
        if (Concurrency is not { Limit: not null } options)
        {
            return true;
        }

        call.Place = call.Lease.Endpoint.Gate.TryEnter(options);
        return call.Place is not null;
    }

    /// <summary>Nothing is sent after all, and nothing is known of the endpoint that was not known before.</summary>
    private void GiveLeaseBack(Call call, long now) => state.Endpoints.Balancer.GiveBack(call.Lease, now);

    private AmbassadorRejectedException FullException() => new(
        state.Name, $"Ambassador '{state.Name}' has as many requests under way as Concurrency:Limit allows, {Concurrency.Limit}: nothing was sent.");

    /// <summary>Asks the circuit of the endpoint again: it may have opened while its place was waited for, and may want a probe. Then another one may have room.</summary>
    private HttpRequestException? Readmit(Call call)
    {
        var now = _clock.GetTimestamp();
        var endpoint = call.Lease.Endpoint;
        if (state.Endpoints.Balancer.TryEnter(endpoint, now, ProbeTimeoutOf(call), out var lease))
        {
            call.Lease = lease;
            return null;
        }

        LeavePlace(call);
        return Admit(call, now);
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
    private static TimeSpan? ProbeTimeoutOf(Call call) =>
        call.CanFollow(call.Attempts + 1) ? call.Limits.AttemptTimeout ?? call.Settings.Options.AttemptTimeout : null;

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
            return exception;
        }
    }

    /// <summary>Puts the endpoint's address into the request, or leaves that to the last handler, so that handlers in between see the request's own.</summary>
    private void PlaceAddress(Call call)
    {
        if (call.Lease.Endpoint.Address is not { } address || call.Request.RequestUri is not { } logical)
        {
            return;
        }

        call.SentTo = address.Combine(logical);
        if (Inner.PlacesAddress)
        {
            EndpointPlacing.Leave(call.Request, address);
            return;
        }

        call.HasPlacedHost = EndpointPlacing.PutIn(call.Request, address);
        call.MarkSent();
    }

    /// <summary>Takes it out again.</summary>
    private void TakeAddress(Call call)
    {
        if (call.SentTo is null)
        {
            return;
        }

        call.SentTo = null;
        if (Inner.PlacesAddress)
        {
            EndpointPlacing.TakeBack(call.Request);
            return;
        }

        if (call.HasPlacedHost)
        {
            call.Request.Headers.Host = null;
            call.HasPlacedHost = false;
        }
    }
}
