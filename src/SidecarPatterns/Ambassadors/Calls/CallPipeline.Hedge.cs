namespace SidecarPatterns;

/// <content>The hedge: an attempt that takes long is helped by a second one, and the first good answer counts.</content>
internal sealed partial class CallPipeline
{
    /// <summary>After how long an attempt is helped; <see langword="null"/> where it never is.</summary>
    private TimeSpan? HedgeDelayOf(Call call, long now) =>
        call.Settings.Options.Hedging is { Enabled: true } options
        && call is { IsIdempotent: true, IsUntouchable: false, IsSync: false, Replay: ReplayKind.Concurrent, Tracker: null }
        && !call.Lease.Permit.IsProbe // An endpoint that hangs would never be found out: what is overtaken says nothing.
            ? call.Limits.HedgeDelay ?? state.HedgeDelay.Next(options, now)
            : null;

    /// <summary>
    /// Makes an attempt, and another one if it takes longer than most. Both send copies: the one that is overtaken may use its message still.
    /// </summary>
    private async ValueTask<AttemptOutcome> HedgedAsync(Call call, AttemptCause cause, long now, TimeSpan delay)
    {
        call.Attempts++;
        call.Cause = cause;
        var first = new Hedge(this, call, now);
        var second = default(Hedge);
        first.Begin(cause);
        if (!await first.EndsWithinAsync(delay, _clock).ConfigureAwait(false))
        {
            second = TryHedge(call, first);
        }

        if (second is null)
        {
            return Own(call, first, await first.Ending.ConfigureAwait(false));
        }

        var early = await Task.WhenAny(first.Ending, second.Ending).ConfigureAwait(false) == first.Ending ? first : second;
        var late = early == first ? second : first;
        var outcome = await early.Ending.ConfigureAwait(false);
        if (IsWinner(outcome))
        {
            Tell(call, late, AttemptClass.Cancelled);
            late.Leave();
            return Own(call, early, outcome);
        }

        var other = await late.Ending.ConfigureAwait(false);
        var isLateBetter = other.Response is not null || (outcome.Response is null && !IsLess(other, outcome));
        var (better, worse) = isLateBetter ? (other, outcome) : (outcome, other);
        worse.Response?.Dispose();
        var (deciding, ignored) = isLateBetter ? (late, early) : (early, late);
        call.Tried.Add(ignored.Endpoint);
        Tell(call, ignored, worse.Class);
        return Own(call, deciding, better with
        {
            IsTimeout = outcome.IsTimeout || other.IsTimeout,
            IsOrphan = outcome.IsOrphan || other.IsOrphan,
            RetryAfter = Longer(outcome.RetryAfter, other.RetryAfter),
        });
    }

    /// <summary>Begins the second attempt, if the budget has a token for it and an endpoint in order has room.</summary>
    private Hedge? TryHedge(Call call, Hedge first)
    {
        var now = _clock.GetTimestamp();
        var options = call.Settings.Options;
        if (call.Caller.IsCancellationRequested || !HasTimeFor(call, now) || state.IsDrained)
        {
            return null;
        }

        if (!state.Budget.TryWithdraw(options.Hedging.BudgetReserve))
        {
            state.Account.CountSkipped(RetrySkip.Budget);
            return null;
        }

        if (!TryAdmitHedge(call, first.Endpoint, now))
        {
            state.Budget.Refund();
            return null;
        }

        var second = new Hedge(this, call, now);
        second.Begin(AttemptCause.Hedge);
        return second;
    }

    /// <summary>Has an endpoint admit a second attempt: one in order, never as its probe, and none that has much to do.</summary>
    private bool TryAdmitHedge(Call call, BalancedEndpoint first, long now)
    {
        var options = Concurrency;
        var avoided = call.Tried;
        avoided.Add(first);
        for (var picks = 0; picks < MaxPicks && TryPick(call, now, PickPurpose.Hedge, avoided, out var lease, out _); picks++)
        {
            call.Lease = lease;
            if (lease.Endpoint.Gate.IsBelow(options, call.Settings.Options.Hedging.MaxLoad) && TryTakePlace(call, options))
            {
                return true;
            }

            GiveLeaseBack(call, now);
            if (avoided.Contains(lease.Endpoint))
            {
                return false; // There is no other.
            }

            avoided.Add(lease.Endpoint);
        }

        return false;
    }

    /// <summary>What one of the attempts ended with, as the call's own: the time that was over was the call's or not, and who left was its caller.</summary>
    private static AttemptOutcome Own(Call call, Hedge attempt, AttemptOutcome outcome)
    {
        (call.Lease, call.Cause) = (attempt.Lease, attempt.Cause);
        call.IsCredentialApplied = attempt.IsCredentialApplied;
        call.IsRedirected |= attempt.IsRedirected;
        call.HandedPlace = attempt.HandedPlace;
        call.Tried.Add(attempt.Endpoint);
        return outcome.Class == AttemptClass.Cancelled
            ? AttemptOutcome.Of(AttemptClass.Cancelled, new OperationCanceledException(call.Caller)) with { IsOrphan = outcome.IsOrphan }
            : outcome;
    }

    /// <summary>Tells of the attempt that does not decide; the other one is told of as the call's.</summary>
    private void Tell(Call call, Hedge attempt, AttemptClass outcome)
    {
        (call.Lease, call.Cause) = (attempt.Lease, attempt.Cause);
        state.Metrics.RecordAttempt(call, outcome);
    }

    /// <summary>Whether a failure says less of the call than another one: nothing can be done about it, although about the other there can.</summary>
    private static bool IsLess(in AttemptOutcome one, in AttemptOutcome other) =>
        one.Class == AttemptClass.Fatal && AttemptClassifier.IsTransient(other.Class);

    private static bool IsWinner(in AttemptOutcome outcome) =>
        outcome.Response is not null && outcome.Class is not (AttemptClass.Failed or AttemptClass.Throttled);

    private static TimeSpan? Longer(TimeSpan? one, TimeSpan? other) => one is null || other > one ? other : one;

    /// <summary>One of the two attempts.</summary>
    private sealed class Hedge
    {
        private readonly CallPipeline _pipeline;
        private readonly Call _attempt;
        private readonly CancellationTokenSource _leave;
        private readonly bool _lasts;
        private readonly long _begunAt;
        private bool _isOvertaken;

        public Hedge(CallPipeline pipeline, Call call, long now)
        {
            _pipeline = pipeline;
            _begunAt = now;
            _lasts = call.Settings.Options.Hedging.LetLosersFinish;
            _leave = CancellationTokenSource.CreateLinkedTokenSource(call.Caller);
            var request = RequestClone.Of(call.Request, call.Request.RequestUri, call.Request.Method);
            pipeline.SetDeadline(call, request);
            _attempt = Call.Rent(call.Settings, request, isSync: false, withHeaders: false, now, _leave.Token);
            _attempt.BeginBeside(call);
            Lease = call.Lease;
            call.Place = null; // The attempt's now.
        }

        public EndpointLease Lease { get; }

        public BalancedEndpoint Endpoint => Lease.Endpoint;

        public AttemptCause Cause { get; private set; }

        /// <summary>Whether it went out with the call's credential; known when it has ended.</summary>
        public bool IsCredentialApplied { get; private set; }

        /// <summary>Whether a response had it sent on to another address; known when it has ended.</summary>
        public bool IsRedirected { get; private set; }

        /// <summary>The place that its response keeps; known when it has ended.</summary>
        public PlaceHold? HandedPlace { get; private set; }

        /// <summary>How it ends; never a failure.</summary>
        public Task<AttemptOutcome> Ending { get; private set; } = null!;

        public void Begin(AttemptCause cause)
        {
            Cause = cause;
            Ending = EndAsync(_pipeline.Send(_attempt, cause, _begunAt));
        }

        /// <summary>It is not needed any more. Nobody waits for it.</summary>
        public void Leave()
        {
            Volatile.Write(ref _isOvertaken, true);
            _ = LeaveAsync();
        }

        /// <summary>Waits until it has ended, but not longer than that.</summary>
        public async ValueTask<bool> EndsWithinAsync(TimeSpan delay, TimeProvider clock)
        {
            if (Ending.IsCompleted)
            {
                return true;
            }

            Task ending = Ending;
            await ending.WaitAsync(TimerTime.Of(delay), clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return ending.IsCompleted;
        }

        private async Task<AttemptOutcome> EndAsync(Task<HttpResponseMessage> sending)
        {
            var outcome = await _pipeline.EndAttemptAsync(_attempt, sending).ConfigureAwait(false);
            (IsCredentialApplied, IsRedirected, HandedPlace) = (_attempt.IsCredentialApplied, _attempt.IsRedirected, _attempt.HandedPlace);
            _pipeline.RestoreAttempt(_attempt);
            _pipeline.EndHedge(_attempt, outcome, Volatile.Read(ref _isOvertaken));
            _attempt.Return();
            _leave.Dispose();
            return outcome;
        }

        private async Task LeaveAsync()
        {
            try
            {
                await (_lasts ? Task.CompletedTask : _leave.CancelAsync()).ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                // It has just ended by itself.
            }

            var outcome = await Ending.ConfigureAwait(false);
            outcome.Response?.Dispose();
        }
    }

    private void EndHedge(Call attempt, in AttemptOutcome outcome, bool isOvertaken)
    {
        if (outcome.Class == AttemptClass.Cancelled && isOvertaken)
        {
            state.HedgeDelay.Record(_clock.GetTimestamp() - attempt.SentAt); // It took that long at least.
        }
    }
}
