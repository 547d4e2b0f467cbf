using System.Globalization;
using System.Runtime.ExceptionServices;

namespace SidecarPatterns;

/// <content>The retry: whether another attempt is made, when, and what is returned if none is.</content>
internal sealed partial class CallPipeline
{
    /// <summary>Goes on with a call whose first attempt has been begun, until it has its answer.</summary>
    private async Task<HttpResponseMessage> GoOnAsync(Call call, ValueTask<AttemptOutcome> attempt)
    {
        while (true)
        {
            var outcome = await attempt.ConfigureAwait(false);
            if (IsCredentialRefused(call, outcome))
            {
                outcome = await RenewAndReplayAsync(call, outcome).ConfigureAwait(false);
            }

            var next = FindDelay(call, outcome);
            if (next is null && outcome.Class == AttemptClass.Success && call.IsRefundable)
            {
                state.Budget.Refund();
            }

            state.Metrics.RecordAttempt(call, outcome.Class, next);
            if (next is not { } delay)
            {
                return Finish(call, outcome);
            }

            Hold(call, outcome);
            AmbassadorLog.WillRetry(state.Logger, state.Name, call.Attempts, outcome.Describe(), delay);
            if (!await DelayAsync(call, delay).ConfigureAwait(false))
            {
                state.Budget.Refund();
                return Finish(call, AttemptOutcome.Of(AttemptClass.Cancelled, new OperationCanceledException(call.Caller)));
            }

            Restore(call); // With the credential that it was sent with, before there is another.
            if (call.Credentials is not null && await FindMissingCredentialAsync(call).ConfigureAwait(false) is { } missing)
            {
                state.Budget.Refund();
                return Finish(call, missing.Class == AttemptClass.Cancelled || outcome.Exception is null ? missing : outcome);
            }

            if (await FindRefusalAfterDelayAsync(call).ConfigureAwait(false) is { } refusal)
            {
                state.Budget.Refund();
                return Finish(call, outcome.Exception is null || refusal.Class == AttemptClass.Cancelled ? refusal : outcome);
            }

            call.IsRefundable = !outcome.IsTimeout; // A server that was too slow works on it still.
            if (Dress(call) is { } failure)
            {
                state.Budget.Refund();
                return Finish(call, AttemptOutcome.Of(AttemptClass.Fatal, failure));
            }

            attempt = AttemptAsync(call, AttemptCause.Retry, _clock.GetTimestamp());
        }
    }

    /// <summary>Makes an attempt, or two at the same time.</summary>
    private ValueTask<AttemptOutcome> AttemptAsync(Call call, AttemptCause cause, long now) =>
        HedgeDelayOf(call, now) is { } delay
            ? HedgedAsync(call, cause, now, delay)
            : new ValueTask<AttemptOutcome>(EndAttemptAsync(call, Send(call, cause, now)));

    /// <summary>How long to wait before another attempt; <see langword="null"/> if there is none. One that is begun has its token of the budget.</summary>
    private TimeSpan? FindDelay(Call call, in AttemptOutcome outcome)
    {
        if (!AttemptRule.IsRetryable(call, outcome) || outcome.IsOrphan || outcome.IsTotalTimeout)
        {
            return null;
        }

        // What was not sent can be sent elsewhere at once.
        var isElsewhere = outcome.Class == AttemptClass.Unsent && call.Attempts == 1 && state.Endpoints.Balancer.HasUntried(call.Tried);
        var delay = isElsewhere ? TimeSpan.Zero : AttemptRule.DelayOf(call, outcome, state.Random);
        if (FindObstacle(call, outcome, delay) is { } skip)
        {
            state.Account.CountSkipped(skip);
            return null;
        }

        return delay;
    }

    private RetrySkip? FindObstacle(Call call, in AttemptOutcome outcome, TimeSpan delay)
    {
        if (call.Attempts >= call.MaxAttempts)
        {
            return RetrySkip.Attempts;
        }

        if (!AttemptRule.IsAllowed(call, outcome))
        {
            return RetrySkip.Method;
        }

        if (!call.IsReplayable)
        {
            return RetrySkip.Body;
        }

        if (outcome.RetryAfter > call.Settings.Options.Retry.MaxRetryAfter)
        {
            return RetrySkip.RetryAfter;
        }

        var left = _clock.GetElapsedTime(_clock.GetTimestamp(), call.DueAt);
        if (delay > left - call.Settings.Options.MinAttemptTime && !IsSuspended(call))
        {
            return RetrySkip.Deadline;
        }

        return !state.Endpoints.Balancer.CanAdmit(delay, call.Lease.Endpoint) ? RetrySkip.Circuit
            : state.IsDrained ? RetrySkip.Drained
            : state.Budget.TryWithdraw() ? null
            : RetrySkip.Budget;
    }

    /// <summary>What has come in the way of another attempt while it was waited for: the circuit, or a timer that was late.</summary>
    private async ValueTask<AttemptOutcome?> FindRefusalAfterDelayAsync(Call call)
    {
        var now = _clock.GetTimestamp();
        if (!HasTimeFor(call, now))
        {
            state.Account.CountSkipped(RetrySkip.Deadline);
            return TotalTimeout(new OperationCanceledException());
        }

        if (await AdmitAsync(call, now).ConfigureAwait(false) is not { } refusal)
        {
            return null;
        }

        var outcome = RefusalOf(refusal);
        if (outcome.Class == AttemptClass.Unsent)
        {
            state.Account.CountSkipped(refusal is AmbassadorCircuitOpenException ? RetrySkip.Circuit : RetrySkip.Concurrency);
        }

        return outcome;
    }

    /// <summary>What has kept an attempt from being begun.</summary>
    private static AttemptOutcome RefusalOf(Exception refusal) => refusal switch
    {
        OperationCanceledException => AttemptOutcome.Of(AttemptClass.Cancelled, refusal),
        TimeoutException => TotalTimeout(refusal),
        _ => AttemptOutcome.Of(AttemptClass.Unsent, refusal),
    };

    private static AttemptOutcome TotalTimeout(Exception exception) =>
        AttemptOutcome.Of(AttemptClass.Unknown, exception) with { IsTimeout = true, IsTotalTimeout = true };

    /// <summary>Whether a request of an attempt that has ended may have arrived.</summary>
    private static bool MayHaveArrived(Call attempt, in AttemptOutcome outcome) => attempt.HasSentSeveral || outcome.Class != AttemptClass.Unsent;

    /// <summary>Keeps a failed response that holds no connection until there is a better one; any other is let go before the wait.</summary>
    private static void Hold(Call call, in AttemptOutcome outcome)
    {
        call.HasLeft |= MayHaveArrived(call, outcome);
        call.LastOutcome = outcome.Describe();
        if (outcome.Response is not { } response)
        {
            return;
        }

        call.LastStatus = (int)response.StatusCode;
        call.Held?.Dispose();
        call.Held = outcome.IsRead ? response : null;
        if (!outcome.IsRead)
        {
            response.Dispose();
        }
    }

    /// <summary>Waits, never too short.</summary>
    /// <returns><see langword="false"/> if the caller has left.</returns>
    private async ValueTask<bool> DelayAsync(Call call, TimeSpan delay)
    {
        var from = _clock.GetTimestamp();
        try
        {
            for (var left = delay; left > TimeSpan.Zero; left = delay - _clock.GetElapsedTime(from))
            {
                await Wait(call, Task.Delay(TimerTime.Of(left), _clock, call.Caller)).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (call.Caller.IsCancellationRequested)
        {
            return false;
        }

        return !call.Caller.IsCancellationRequested;
    }

    /// <summary>Ends the call: with the response, or else with the one that was held, or else with what was thrown.</summary>
    private HttpResponseMessage Finish(Call call, in AttemptOutcome outcome)
    {
        var response = outcome.Response ?? (outcome.Class == AttemptClass.Cancelled ? null : call.Held);
        if (call.Held is { } held && held != response)
        {
            held.Dispose();
        }

        Restore(call);
        if (response is not null)
        {
            var returned = CallOutcomes.Of(response);
            Tell(call, returned, outcome);
            EndCall(call, returned, returned == CallOutcome.Failed ? StatusOf(response) : null);
            return response;
        }

        var exception = ExceptionOf(call, outcome);
        var end = outcome.Class == AttemptClass.Cancelled ? CallOutcome.Cancelled : IsUnsent(call, exception) ? CallOutcome.Refused : CallOutcome.Failed;
        Tell(call, end, outcome);
        EndCall(call, end, exception.GetType().FullName);
        ExceptionDispatchInfo.Throw(exception);
        return null!;
    }

    /// <summary>What the caller is told.</summary>
    private Exception ExceptionOf(Call call, in AttemptOutcome outcome)
    {
        var exception = outcome.IsTimeout ? CallTimeouts.ExceptionOf(state, call, outcome) : outcome.Exception!;
        if (call.HasLeft || call.HasSentSeveral || (outcome.IsTimeout && call.Attempts > 0))
        {
            AttemptClassifier.MarkSent(exception);
        }

        if (outcome.Class != AttemptClass.Cancelled)
        {
            Describe(call, exception);
        }

        return exception;
    }

    private static void Describe(Call call, Exception exception)
    {
        exception.Data["ambassador.attempts"] = call.Attempts;
        exception.Data["ambassador.last.status"] = call.LastStatus;
    }

    private void Tell(Call call, CallOutcome end, in AttemptOutcome outcome)
    {
        if (end == CallOutcome.Failed)
        {
            AmbassadorLog.CallFailed(state.Logger, state.Name, call.Attempts, outcome.Describe());
        }
        else if (end == CallOutcome.Succeeded && call.Attempts > 1)
        {
            AmbassadorLog.SucceededAfterRetries(state.Logger, state.Name, call.Attempts);
        }
    }

    private void EndCall(Call call, CallOutcome outcome, string? errorType)
    {
        var now = _clock.GetTimestamp();
        state.Account.EndCall(outcome);
        if (outcome is CallOutcome.Succeeded or CallOutcome.Failed)
        {
            state.Latency.Record(now - call.StartedAt);
        }

        state.Metrics.RecordCall(call.Attempts, now - call.StartedAt, errorType);
        call.Return();
    }

    private static string StatusOf(HttpResponseMessage response) => ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);
}
