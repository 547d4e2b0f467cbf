namespace SidecarPatterns;

/// <content>One request for a credential, and what becomes of it.</content>
internal sealed partial class CredentialCache
{
    // Under the lock.
    private Task Begin(bool isRenewal, CredentialCounts counts)
    {
        if (_current is { } current)
        {
            current.RefreshAt = long.MaxValue; // By then it has come, or is put off.
        }

        if (isRenewal)
        {
            counts.CountRenewal();
        }

        var refused = _refused;
        var isFirstTry = _failures == 0;
        var drops = _drops;
        _flight = Unflowed.Run(
            static state => Task.Run(() => state.self.FlyAsync(state.refused, state.isFirstTry, state.isRenewal, state.drops, state.counts)),
            (self: this, refused, isFirstTry, isRenewal, drops, counts));
        return _flight;
    }

    private async Task FlyAsync(AmbassadorCredential? refused, bool isFirstTry, bool isRenewal, int drops, CredentialCounts counts)
    {
        var askedAt = clock.GetTimestamp();
        var (credential, failure) = await AskAsync(refused, isFirstTry).ConfigureAwait(false);
        var now = clock.GetTimestamp();
        var cached = credential is null ? null : CachedCredential.Of(credential, askedAt, isRenewal, Options, clock, _random);
        if (cached is not null && now >= cached.UsableUntil)
        {
            cached = null;
            failure = new CredentialFailure("it had ended when it came");
        }

        counts.CountAnswer(isAcquired: cached is not null);
        Action? tell;
        lock (_lock)
        {
            _flight = null;
            tell = _isClosed || (cached is not null && drops != _drops) ? null : cached is not null ? Keep(cached) : Fail(failure!, now);
        }

        Tell(tell);
        lock (_lock)
        {
            LetGoIfLeft();
        }
    }

    // Under the lock, so that no request begins meanwhile with what is let go.
    private void LetGoIfLeft()
    {
        if (_isLeft && _flight is null)
        {
            source.LetGo();
        }
    }

    // Outside the lock, since a logging provider may do what it likes; and what it throws is no caller's failure.
    private static void Tell(Action? tell)
    {
        try
        {
            tell?.Invoke();
        }
#pragma warning disable CA1031 // As above.
        catch (Exception)
#pragma warning restore CA1031
        {
            // There is nobody to tell.
        }
    }

    private async Task<CredentialAnswer> AskAsync(AmbassadorCredential? refused, bool isFirstTry)
    {
        using var limit = new CancellationTokenSource(Options.AcquireTimeout, clock);
        Task<CredentialAnswer>? asking = null;
        try
        {
            asking = source.AcquireAsync(refused, isFirstTry, limit.Token).AsTask();
            return await asking.WaitAsync(limit.Token).ConfigureAwait(false); // Whoever ignores the token is not waited for.
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            asking?.Forget();
            return new CredentialFailure("timeout");
        }
#pragma warning disable CA1031 // Whatever a provider throws, there is no credential; callers are told by exceptions of their own.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return CredentialFailure.Of(exception);
        }
    }

    // Under the lock, as what follows. Both return what is to be told.
    private Action? Keep(CachedCredential cached)
    {
        var isNews = _isTold;
        Volatile.Write(ref _current, cached);
        _refused = null;
        _failures = 0;
        _failure = null;
        _isTold = _isRejectionTold = false;
        Signal();
        return isNews ? () => AmbassadorLog.CredentialIsBack(logger, name) : null;
    }

    private Action? Fail(CredentialFailure failure, long now)
    {
        var delay = DelayOf(failure, _failures);
        _failures++;
        _retryAt = now + TimeTicks.Of(delay, clock);
        if (_current is { } current)
        {
            current.RefreshAt = _retryAt;
        }

        var isNews = failure.IsRejection ? !_isRejectionTold : !_isTold;
        _isTold = true;
        _isRejectionTold |= failure.IsRejection;
        _failure = failure;
        Signal();
        return !isNews ? null
            : failure.IsRejection ? () => AmbassadorLog.CredentialRejected(logger, name, failure.Describe())
            : () => AmbassadorLog.CredentialFailed(logger, name, failure.Describe(), delay);
    }

    private TimeSpan DelayOf(CredentialFailure failure, int failures)
    {
        var options = Options;
        var max = failure.IsRejection ? options.MaxRejectedDelay : options.MaxRetryDelay;
        var bound = Math.Min(options.RetryDelay.Ticks * Math.Pow(2, Math.Min(failures, 40)), max.Ticks);
        var jittered = bound * Jitter.Factor(AmbassadorAuthenticationConstants.RetryJitter, _random);
        var delay = TimeSpan.FromTicks((long)Math.Clamp(jittered, Math.Min(options.RetryDelay.Ticks, max.Ticks), max.Ticks));

        if (failure.RetryAfter is not { } asked || asked <= delay)
        {
            return delay;
        }

        // What the issuer asks for, within reason, and not of all at the same moment.
        var later = Math.Min(asked.Ticks * AmbassadorAuthenticationConstants.RetryAfterJitter, AmbassadorAuthenticationConstants.MaxRetryAfterJitter.Ticks);
        var due = asked + TimeSpan.FromTicks((long)(_random.NextDouble() * later));
        return due < options.MaxRejectedDelay ? due : options.MaxRejectedDelay;
    }
}
