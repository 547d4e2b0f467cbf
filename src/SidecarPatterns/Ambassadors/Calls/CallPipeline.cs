using System.Diagnostics;

namespace SidecarPatterns;

/// <summary>The way of a request through the stages of an ambassador, in the order in which it meets them.</summary>
/// <remarks>
/// <para>
/// <c>observe -> egress -> deadline -> coalesce -> retry and budget -> hedge -> acquire credential -> balance and circuit breaker -> concurrency -> apply
/// credential -> attempt timeout -> redirect -> network</c>. Coalesce has its place and does not exist yet.
/// </para>
/// <para>
/// One handler does the work of all of them, since each asynchronous layer costs as much as the rest together: an inner handler that answers at once has its
/// very task returned; one that has to be waited for costs one task (see <c>CallPipeline.First.cs</c>); all that is rare is in asynchronous methods
/// (see <c>CallPipeline.Retry.cs</c>).
/// </para>
/// </remarks>
internal sealed partial class CallPipeline(AmbassadorState state, AmbassadorHandler handler)
{
    private readonly TimeProvider _clock = state.Clock;

    /// <summary>Makes a call.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, bool isSync, CancellationToken ct)
    {
        var settings = state.Settings;
        return AmbassadorMetrics.HasActivityListeners || settings.Pipelines.Call is not null
            ? ObservedAsync(settings, request, isSync, ct)
            : Start(settings, request, isSync, ct);
    }

    private Task<HttpResponseMessage> Start(
        AmbassadorSettings settings, HttpRequestMessage request, bool isSync, CancellationToken ct, Activity? activity = null)
    {
        var now = _clock.GetTimestamp();
        state.Account.BeginCall();
        var call = Call.Rent(settings, request, isSync, Inner.ChangeHeaders, now, ct);
        call.Activity = activity;
        Exception? refusal;
        try
        {
            refusal = FindRefusal(call);
            if (refusal is null)
            {
                // One reading of the limit: one that a reload sets a moment later would refuse a call that can wait.
                var concurrency = Concurrency;
                var isToBePrepared = concurrency is { Limit: not null, QueueLimit: > 0 } || NeedsPreparation(call) || !TryTakeCredential(call, now);
                refusal = isToBePrepared ? FindOpenCircuit() : Admit(call, concurrency, now);
                if (isToBePrepared && refusal is null)
                {
                    return PreparedAsync(call);
                }
            }
        }
#pragma warning disable CA1031 // An address or a content that can not be read, by whoever reads it first: the call has begun, and is to end.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            refusal = exception;
        }

        return refusal is null ? First(call, now) : Refused(call, refusal);
    }

    /// <summary>Begins an attempt.</summary>
    private Task<HttpResponseMessage> Send(Call call, AttemptCause cause, long now)
    {
        call.Attempts += cause == AttemptCause.Replay ? 0 : 1; // It goes on with the attempt that was refused.
        call.Cause = cause;
        call.SentAt = now;
        call.HasSentSeveral = call.IsElsewhere = false;
        var options = call.Settings.Options;
        var scope = state.Scanner.Rent();
        scope.Begin(now, DueOf(call, now), call.Settings.GraceTicks, Suspension(options), call.Caller);
        call.Scope = scope;
        try
        {
            PlaceAddress(call);
        }
#pragma warning disable CA1031 // As below: its caller has disposed of the request, or its address can not be read.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return Task.FromException<HttpResponseMessage>(exception);
        }

        return call.Settings.Pipelines.Attempt is { } pipeline ? SendThroughAsync(pipeline, call) : SendInner(call, call.Request, scope.Token);
    }

    private Task<HttpResponseMessage> SendInner(Call call, HttpRequestMessage request, CancellationToken ct)
    {
        if (Inner.Primary.PublicProblem is not null && FindEndpointRefusal(call) is { } refusal)
        {
            return Task.FromException<HttpResponseMessage>(refusal);
        }

        if (call.Credential is not null && ApplyCredential(call, request) is { } missing)
        {
            return Task.FromException<HttpResponseMessage>(missing);
        }

        try
        {
            return handler.SendInner(request, call.IsSync, ct);
        }
#pragma warning disable CA1031 // It ends the attempt, whether it is thrown or returned.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return Task.FromException<HttpResponseMessage>(exception);
        }
    }

    /// <summary>
    /// Whether another attempt could follow one that has to be ended for its time. An empty budget fills again meanwhile; one without room never does.
    /// </summary>
    private bool CanFollow(Call call, int attempt) => call.CanFollow(attempt) && (!state.Budget.IsClosed || call.Settings.Pipelines.Retry is not null);

    /// <summary>When an attempt's time is over: only where another can follow is it shorter than what the call has left.</summary>
    private long DueOf(Call call, long now)
    {
        if (!CanFollow(call, call.Attempts))
        {
            return call.DueAt;
        }

        var ticks = call.Limits.AttemptTimeout is { } own ? TimeTicks.Of(own, _clock) : call.Settings.AttemptTimeoutTicks;
        return Math.Min(call.DueAt, now + ticks);
    }

    /// <summary>What keeps a call from being sent at all, before anything else is looked at.</summary>
    private Exception? FindRefusal(Call call)
    {
        if (state.IsDrained)
        {
            return new AmbassadorRejectedException(state.Name, $"Ambassador '{state.Name}' was drained, and takes no calls until it is released: nothing was sent.");
        }

        return FindEgressRefusal(call) is { } refusal ? refusal
            : call.TryReadRequest(_clock) is { } failure ? new InvalidOperationException(failure)
            : call.Caller.IsCancellationRequested ? new OperationCanceledException(call.Caller)
            : call.Settings.Credential is { } credentials ? FindCredentialRefusal(call, credentials)
            : null;
    }

    private Task<HttpResponseMessage> Refused(Call call, Exception refusal)
    {
        // A content may throw a cancellation of its own.
        var caller = call.Caller;
        if (refusal is OperationCanceledException && caller.IsCancellationRequested)
        {
            EndCall(call, CallOutcome.Cancelled, refusal.GetType().FullName);
            return Task.FromCanceled<HttpResponseMessage>(caller);
        }

        Describe(call, refusal);
        EndCall(call, CallOutcome.Refused, refusal.GetType().FullName);
        return Task.FromException<HttpResponseMessage>(refusal);
    }
}
