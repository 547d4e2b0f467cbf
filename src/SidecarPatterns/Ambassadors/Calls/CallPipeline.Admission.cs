namespace SidecarPatterns;

/// <content>The circuit breaker and the limit of concurrency: whether an endpoint is sent a request now.</content>
internal sealed partial class CallPipeline
{
    /// <summary>Has an endpoint admit the next attempt.</summary>
    /// <returns>Why none does; <see langword="null"/> if one does.</returns>
    private HttpRequestException? Admit(Call call, long now)
    {
        var endpoint = call.Endpoint = state.Endpoint;
        if (!endpoint.Health.TryEnter(now, ProbeTimeoutOf(call), out var permit, out var retryAfter))
        {
            return new AmbassadorCircuitOpenException(state.Name, retryAfter);
        }

        call.Permit = permit;
        return endpoint.Gate.IsLimited ? TakePlace(call, now) : null;
    }

    /// <summary>As <see cref="Admit"/>, but waits for a place where there is room to wait.</summary>
    private async ValueTask<Exception?> AdmitAsync(Call call, long now)
    {
        var refusal = Admit(call, now);
        if (refusal is not AmbassadorRejectedException || call.Settings.Options.Concurrency.QueueLimit == 0)
        {
            return refusal;
        }

        var options = call.Settings.Options;
        var left = _clock.GetElapsedTime(now, call.DueAt) - options.MinAttemptTime;
        if (left <= TimeSpan.Zero)
        {
            return refusal;
        }

        try
        {
            var entering = call.Endpoint.Gate.EnterAsync(left < options.Concurrency.QueueTimeout ? left : options.Concurrency.QueueTimeout, call.Caller);
            call.Place = call.IsSync ? entering.AsTask().GetAwaiter().GetResult() : await entering.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (call.Caller.IsCancellationRequested)
        {
            return new OperationCanceledException(call.Caller);
        }

        return call.Place is null ? refusal : Readmit(call);
    }

    private AmbassadorRejectedException? TakePlace(Call call, long now)
    {
        if (call.Endpoint.Gate.TryEnter() is { } place)
        {
            call.Place = place;
            return null;
        }

        call.Endpoint.Health.Record(call.Permit, HealthEffect.Neutral, now); // It may have been the permit of a probe.
        return new AmbassadorRejectedException(
            state.Name,
            $"Ambassador '{state.Name}' has as many requests under way as Concurrency:Limit allows, {call.Settings.Options.Concurrency.Limit}: nothing was sent.");
    }

    /// <summary>Asks the circuit breaker again: it may have opened while the place was waited for, and may want a probe.</summary>
    private AmbassadorCircuitOpenException? Readmit(Call call)
    {
        if (call.Endpoint.Health.TryEnter(_clock.GetTimestamp(), ProbeTimeoutOf(call), out var permit, out var retryAfter))
        {
            call.Permit = permit;
            return null;
        }

        LeavePlace(call);
        return new AmbassadorCircuitOpenException(state.Name, retryAfter);
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
        return new PlaceHold(place, _clock, idleTimeout, state.Account.CountAbandonedPlace);
    }

    /// <summary>How long the attempt may take, should it be a probe; <see langword="null"/> where it has no limit of its own.</summary>
    private static TimeSpan? ProbeTimeoutOf(Call call) =>
        call.CanFollow(call.Attempts + 1) ? call.Limits.AttemptTimeout ?? call.Settings.Options.AttemptTimeout : null;
}
