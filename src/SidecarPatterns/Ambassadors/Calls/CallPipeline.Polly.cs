using System.Runtime.CompilerServices;
using Polly;

namespace SidecarPatterns;

/// <content>Pipelines of the user's: around an attempt, and in the place of the retry.</content>
internal sealed partial class CallPipeline
{
    /// <summary>Sends the request through a pipeline, redirects included: they belong to the attempt.</summary>
    private async Task<HttpResponseMessage> SendThroughAsync(ResiliencePipeline<HttpResponseMessage> pipeline, Call call)
    {
        call.Keep(); // An execution that the pipeline has given up on may go on.
        var executions = new StrongBox<int>();
        try
        {
            return await pipeline.ExecuteAsync(
                static async (attempt, ct) =>
                {
                    var (self, call, executions) = attempt;
                    call.HasSentSeveral |= Interlocked.Increment(ref executions.Value) > 1;
                    var response = await self.SendInner(call, call.Request, ct).ConfigureAwait(false);
                    return RedirectRule.IsRedirect(response) ? await self.FollowAsync(call, response, ct).ConfigureAwait(false) : response;
                },
                (this, call, executions),
                call.Scope.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (executions.Value > 0 && AttemptClassifier.IsRefusedLocally(exception))
        {
            AttemptClassifier.MarkSent(exception); // A further execution was refused; one before was not.
            throw;
        }
    }

    /// <summary>Has the pipeline make the attempts: the first with the caller's message, any other with a copy, since it may make several at a time.</summary>
    private async Task<HttpResponseMessage> PipelineAsync(Call call)
    {
        var now = _clock.GetTimestamp();
        var options = call.Settings.Options;
        var whole = state.Scanner.Rent();
        whole.Begin(now, call.DueAt, call.Settings.GraceTicks, Suspension(options), call.Caller);
        call.Scope = whole;
        call.Keep();
        LeavePlace(call); // Each execution has an endpoint, and a place, of its own.
        GiveLeaseBack(call, now);
        AttemptOutcome outcome;
        try
        {
            var executions = new PipelineExecutions(this, call);
            var executing = call.Settings.Pipelines.Retry!.ExecuteAsync(
                static (executions, ct) => executions.ExecuteAsync(ct), executions, whole.Token).AsTask();
            outcome = AttemptOutcome.Of(await executing.ConfigureAwait(false), isRead: false, retryAfter: null);
        }
#pragma warning disable CA1031 // It ends the call, and is thrown below.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            outcome = Explain(call, exception, isOrphan: false);
        }

        whole.Complete(isLent: true);
        return Finish(call, outcome);
    }

    /// <summary>The executions of one call.</summary>
    private sealed class PipelineExecutions(CallPipeline pipeline, Call call)
    {
        // What further executions are copies of: the first may be under way by then, with its own address and credential in its message.
        private readonly HttpRequestMessage _copied = RequestClone.Of(call.Request, call.LogicalUri, call.Request.Method);
        private int _executions;

        public async ValueTask<HttpResponseMessage> ExecuteAsync(CancellationToken ct)
        {
            var number = Interlocked.Increment(ref _executions);
            call.Attempts = Math.Max(call.Attempts, number);
            if (number > 1 && call.Request.Content is not null && call.Replay != ReplayKind.Concurrent)
            {
                pipeline.CountSkippedBody();
                throw new InvalidOperationException(
                    $"The content of the request, a {call.Request.Content.GetType().Name}, can not be sent again, so the retry pipeline can not make another attempt.");
            }

            var request = call.Request;
            if (number > 1)
            {
                request = RequestClone.Of(_copied, _copied.RequestUri, _copied.Method);
                pipeline.SetDeadline(call, request);
            }

            return await pipeline.ExecuteOnceAsync(call, request, number, ct).ConfigureAwait(false);
        }
    }

    private void CountSkippedBody() => state.Account.CountSkipped(RetrySkip.Body);

    /// <summary>One attempt of the pipeline's. The circuit breaker counts it; it never opens here.</summary>
    private async Task<HttpResponseMessage> ExecuteOnceAsync(Call call, HttpRequestMessage request, int number, CancellationToken ct)
    {
        // An attempt has the members of a call of its own, since several may run at a time.
        var attempt = Call.Rent(call.Settings, request, call.IsSync, withHeaders: false, _clock.GetTimestamp(), ct);
        lock (call)
        {
            attempt.BeginWithin(call);
            attempt.Attempts = number - 1;
        }

        if ((await FindMissingCredentialAsync(attempt).ConfigureAwait(false) ?? await FindRefusalAsync(attempt).ConfigureAwait(false)) is { } refused)
        {
            var refusal = ExceptionOf(attempt, refused);
            attempt.Return();
            throw refusal;
        }

        var sending = Send(attempt, number == 1 ? AttemptCause.First : AttemptCause.Retry, _clock.GetTimestamp());
        var outcome = await EndAttemptAsync(attempt, sending).ConfigureAwait(false);
        if (IsCredentialRefused(attempt, outcome))
        {
            outcome = await RenewAndReplayAsync(attempt, outcome).ConfigureAwait(false);
            call.HasReplayed |= attempt.HasReplayed;
        }

        call.IsRedirected |= attempt.IsRedirected;
        RestoreAttempt(attempt);
        lock (call)
        {
            call.Tried.Add(attempt.Lease.Endpoint);
            call.HasLeft |= MayHaveArrived(attempt, outcome);
        }

        state.Metrics.RecordAttempt(attempt, outcome.Class);
        var exception = outcome.Response is null ? ExceptionOf(attempt, outcome) : null;
        attempt.Return();
        return exception is null ? outcome.Response! : throw exception;
    }

    private async ValueTask<AttemptOutcome?> FindRefusalAsync(Call attempt) =>
        await AdmitAsync(attempt, _clock.GetTimestamp()).ConfigureAwait(false) is { } refusal ? RefusalOf(refusal) : null;
}
