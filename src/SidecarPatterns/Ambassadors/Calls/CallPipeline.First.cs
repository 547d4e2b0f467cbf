namespace SidecarPatterns;

/// <content>The first attempt, which is all that nearly every call takes.</content>
internal sealed partial class CallPipeline
{
    /// <summary>Sends the request the first time; an answer that is good and at hand is returned as it is.</summary>
    private Task<HttpResponseMessage> First(Call call, long now)
    {
        if (call.Settings.Pipelines.Retry is not null)
        {
            return PipelineAsync(call);
        }

        if (HedgeDelayOf(call, now) is { } delay)
        {
            return GoOnAsync(call, HedgedAsync(call, AttemptCause.First, now, delay));
        }

        var sending = Send(call, AttemptCause.First, now);
        Task? loading = null;
        if (sending.IsCompleted && TryFinish(call, sending, ref loading))
        {
            return sending;
        }

        return (loading ?? sending).IsCompleted ? GoOnAsync(call, sending, loading) : call.Answer.Of(sending, loading, this);
    }

    /// <summary>Ends a call whose first attempt has brought a good answer, once a short body is in memory.</summary>
    /// <param name="call">The call.</param>
    /// <param name="sending">The attempt.</param>
    /// <param name="loading">The reading of the body, which is begun here; <see langword="null"/> where it needs none, or is not short.</param>
    /// <returns><see langword="false"/> if there is more to do, be it to wait for <paramref name="loading"/>.</returns>
    public bool TryFinish(Call call, Task<HttpResponseMessage> sending, ref Task? loading)
    {
        if (!sending.IsCompletedSuccessfully || !IsGood(call, sending.Result))
        {
            return false;
        }

        var response = sending.Result;
        if (!ResponseBody.IsInMemory(response.Content) && loading is null)
        {
            loading = ResponseBody.LoadIfShort(call.Request, response, call.Settings.Options.Content, call.Scope.Token);
            if (loading is null)
            {
                return false;
            }
        }

        if (loading is { IsCompletedSuccessfully: false })
        {
            return false;
        }

        Done(call);
        return true;
    }

    /// <summary>Goes on with a call whose first attempt is not all it takes, or has been given up on.</summary>
    public Task<HttpResponseMessage> GoOnAsync(Call call, Task<HttpResponseMessage> sending, Task? loading) =>
        GoOnAsync(call, new ValueTask<AttemptOutcome>(EndAttemptAsync(call, loading is null ? sending : LoadedAsync(sending.Result, loading))));

    /// <summary>A response whose body is still being read, or could not be.</summary>
    private static async Task<HttpResponseMessage> LoadedAsync(HttpResponseMessage response, Task loading)
    {
        try
        {
            await loading.ConfigureAwait(false);
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <summary>Whether a response is good, so that nothing is left to do but to return it once its body is read.</summary>
    private static bool IsGood(Call call, HttpResponseMessage response) =>
        (int)response.StatusCode is >= 200 and < 300
        && call.Settings.Options.Content.MaxResponseSize is null
        && call.IsUntouched;

    /// <summary>The end of a call whose first attempt was all it took.</summary>
    private void Done(Call call)
    {
        var now = _clock.GetTimestamp();
        call.Scope.Complete(isLent: call.IsShared);
        if (IsDressed(call))
        {
            Restore(call);
        }

        state.Endpoints.Balancer.EndGood(call.Lease, now);
        call.Place?.Dispose();
        if (call.Settings.Options.Hedging.Enabled)
        {
            state.HedgeDelay.Record(now - call.SentAt);
        }

        state.Account.EndPlainCall();
        state.Latency.Record(now - call.StartedAt);
        state.Metrics.RecordAttempt(call, AttemptClass.Success);
        state.Metrics.RecordCall(attempts: 1, now - call.StartedAt, errorType: null);
        call.Return();
    }
}
