using System.Net;

namespace SidecarPatterns;

/// <content>What becomes of an attempt that has to be waited for: its redirects, its body, its class.</content>
internal sealed partial class CallPipeline
{
    /// <summary>Waits for an attempt's end, finds its class, and tells all who go by it.</summary>
    private async Task<AttemptOutcome> EndAttemptAsync(Call call, Task<HttpResponseMessage> sending)
    {
        var outcome = await ReceiveAsync(call, sending).ConfigureAwait(false);
        var now = _clock.GetTimestamp();
        call.Scope.Complete(isLent: outcome.IsOrphan || call.IsShared || outcome is { Response: not null, IsRead: false });
        state.Account.CountAttempt(call.Cause); // Those of calls that the first attempt answers at once are worked out.
        state.Account.CountOutcome(outcome.Class);
        if (call.Settings.Options.Hedging.Enabled && (outcome.Class == AttemptClass.Success || outcome.IsTimeout))
        {
            state.HedgeDelay.Record(now - call.SentAt);
        }

        var minimumBreak = outcome.Response?.StatusCode == HttpStatusCode.ServiceUnavailable ? outcome.RetryAfter : null;
        if (call.IsElsewhere && outcome.Class is not (AttemptClass.Success or AttemptClass.Cancelled))
        {
            // It has answered; what became of the request at another origin is not its failure, and costs it nothing.
            state.Endpoints.End(call.Lease, AttemptClass.Fatal, HealthEffect.Success, now);
        }
        else
        {
            state.Endpoints.End(call.Lease, outcome.Class, outcome.Effect, now, outcome.RetryAfter, minimumBreak);
        }

        LeavePlace(call); // Whoever waits for it finds the circuit as this attempt has left it.
        call.Tried.Add(call.Lease.Endpoint);
        CountEgress(outcome);
        if (outcome.Class is not (AttemptClass.Success or AttemptClass.Cancelled))
        {
            state.Remember(outcome);
        }

        return outcome;
    }

    private async Task<AttemptOutcome> ReceiveAsync(Call call, Task<HttpResponseMessage> sending)
    {
        HttpResponseMessage? response = null;
        try
        {
            response = await ResponseOf(call, sending).ConfigureAwait(false);
            if (RedirectRule.IsRedirect(response) && call.Settings.Pipelines.Attempt is null)
            {
                response = await FollowAsync(call, response, call.Scope.Token).ConfigureAwait(false);
            }

            var isRead = await ReadBodyAsync(call, response).ConfigureAwait(false);
            return AttemptOutcome.Of(response, isRead, RetryAfterHeader.Read(response, _clock));
        }
        catch (OrphanException orphan)
        {
            Observe(call, orphan.Task);
            response?.Dispose();
            return Explain(call, new OperationCanceledException(), isOrphan: true);
        }
#pragma warning disable CA1031 // Whatever it is, it ends the attempt; what it means is found below.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            response?.Dispose();
            return Explain(call, exception, isOrphan: false);
        }
    }

    /// <summary>The response, unless the inner handler ignores its cancellation.</summary>
    private static async ValueTask<HttpResponseMessage> ResponseOf(Call call, Task<HttpResponseMessage> sending)
    {
        if (!sending.IsCompleted)
        {
            await call.Scope.EndOf(sending).ConfigureAwait(false);
            if (!sending.IsCompleted)
            {
                throw new OrphanException(sending);
            }
        }

        return await sending.ConfigureAwait(false);
    }

    /// <summary>Reads what is to be read within the attempt, and guards what is handed over.</summary>
    /// <returns>Whether all of it is in memory.</returns>
    private async ValueTask<bool> ReadBodyAsync(Call call, HttpResponseMessage response)
    {
        if (ResponseBody.IsUntouchable(call.Request, response))
        {
            return false;
        }

        var options = call.Settings.Options.Content;
        if (await ReadInsideAsync(call, ResponseBody.ReadInsideAsync(response, options, _clock, call.Scope.Token)).ConfigureAwait(false) == ResponseRead.Whole)
        {
            return true;
        }

        var limits = BodyLimits.Of(response, options, call.Limits.BodyIdleTimeout);
        EndpointLease? lease = call.IsElsewhere ? null : call.Lease;
        var place = HandPlaceOver(call, call.Limits.BodyIdleTimeout ?? options.BodyIdleTimeout); // Events too hold it only where they are read.
        ResponseBody.Guard(response, limits, _clock, end => OnBodyEnd(lease, place, end), place is null ? null : place.Touch);
        return false;
    }

    private static async ValueTask<ResponseRead> ReadInsideAsync(Call call, ValueTask<ResponseRead> reading)
    {
        if (reading.IsCompleted)
        {
            return await reading.ConfigureAwait(false);
        }

        var task = reading.AsTask();
        if (!call.IsSync)
        {
            await call.Scope.EndOf(task).ConfigureAwait(false);
            return task.IsCompleted ? await task.ConfigureAwait(false) : throw new OrphanException(task);
        }

        return task.GetAwaiter().GetResult();
    }

    /// <summary>A body that was handed over has ended: if it was cut off or stalled, that is the endpoint's failure too.</summary>
    private void OnBodyEnd(EndpointLease? lease, PlaceHold? place, BodyEnd end)
    {
        place?.Release();
        if (lease is { } own && end is BodyEnd.Truncated or BodyEnd.Stalled or BodyEnd.TooSlow)
        {
            state.Endpoints.Balancer.EndBody(own, _clock.GetTimestamp());
        }
    }

    /// <summary>Why an attempt threw: first its caller, then its time limits, and only then the exception itself.</summary>
    private AttemptOutcome Explain(Call call, Exception exception, bool isOrphan)
    {
        if (call.Caller.IsCancellationRequested)
        {
            return AttemptOutcome.Of(AttemptClass.Cancelled, new OperationCanceledException(call.Caller)) with { IsOrphan = isOrphan };
        }

        if (call.Scope.IsClaimed)
        {
            return AttemptOutcome.Of(AttemptClass.Unknown, exception) with
            {
                IsTimeout = true,
                IsTotalTimeout = _clock.GetTimestamp() >= call.DueAt,
                IsOrphan = isOrphan,
            };
        }

        return AttemptOutcome.Of(AttemptClassifier.ClassOf(exception), AmbassadorEgressException.In(exception)?.Anew() ?? exception);
    }

    /// <summary>
    /// An attempt that goes on by itself, with its request or the reading of its body: what becomes of it is nobody's concern, but is not left unobserved.
    /// </summary>
    private void Observe(Call call, Task task)
    {
        AmbassadorLog.AttemptGivenUp(state.Logger, state.Name, call.Settings.Options.CancellationGrace);
        if (task is Task<HttpResponseMessage> sending)
        {
            sending.ForgetResponse();
        }
        else
        {
            task.Forget();
        }
    }

    /// <summary>The inner handler has not ended although it was cancelled. Caught where it is thrown from.</summary>
    private sealed class OrphanException(Task task) : Exception
    {
        /// <summary>What goes on.</summary>
        public Task Task { get; } = task;
    }
}
