namespace SidecarPatterns;

/// <content>What a 401 does.</content>
internal sealed partial class CredentialCache
{
    private int _pauses; // In a row.
    private long _pausedUntil = long.MinValue;
    private TimeSpan? _untold; // A pause that has just begun.

    /// <summary>The server has refused a credential: finds another one, or has it asked for.</summary>
    /// <param name="refused">What was refused.</param>
    /// <param name="now">The time.</param>
    /// <param name="counts">Who asks.</param>
    /// <returns>Another credential that is there already; or else what to wait for; neither where nothing is to be done.</returns>
    public (CachedCredential? Other, Task? Flight) Renew(CachedCredential refused, long now, CredentialCounts counts)
    {
        var result = RenewUntold(refused, now, counts);
        TellPause();
        return result;
    }

    private (CachedCredential? Other, Task? Flight) RenewUntold(CachedCredential refused, long now, CredentialCounts counts)
    {
        lock (_lock)
        {
            if (_current is { } current && !ReferenceEquals(current, refused) && now < current.UsableUntil)
            {
                if (!current.Credential.IsSameAs(refused.Credential))
                {
                    return (current, null);
                }

                if (current.IsRenewal)
                {
                    return (null, null);
                }

                refused = current; // The same again, of a source that nobody had told of a refusal.
            }

            if (_isClosed || IsPaused(refused, now))
            {
                return (null, null);
            }

            if (_flight is not null)
            {
                return (null, _flight);
            }

            if (_failure is not null && now < _retryAt)
            {
                return (null, null);
            }

            _refused = refused.Credential;
            return (null, Begin(isRenewal: true, counts));
        }
    }

    /// <summary>The server has refused a credential, and the request can not be sent again: the next one is to have another.</summary>
    public void Invalidate(CachedCredential refused, long now)
    {
        lock (_lock)
        {
            if (ReferenceEquals(_current, refused) && !IsPaused(refused, now))
            {
                _refused = refused.Credential;
                var next = source.Next(_refused);
                Volatile.Write(ref _current, next is null ? null : CachedCredential.Of(next, now, isRenewal: true, Options, clock));
                Signal();
            }
        }

        TellPause();
    }

    /// <summary>The server has refused a credential that was renewed for the same call: renewals pause.</summary>
    public void OnRefusedAgain(CachedCredential refused, long now)
    {
        lock (_lock)
        {
            if (ReferenceEquals(_current, refused))
            {
                refused.IsJudged = true;
                Pause(now);
            }
        }

        TellPause();
    }

    /// <summary>The server has taken a credential that was renewed for the same call.</summary>
    public void OnAccepted(CachedCredential accepted)
    {
        lock (_lock)
        {
            accepted.IsJudged = true;
            _pauses = 0;
        }
    }

    // A fresh credential that is refused, by whichever call: another one would be refused as well.
    private bool IsPaused(CachedCredential refused, long now)
    {
        if (now < _pausedUntil)
        {
            return true;
        }

        if (refused is { IsRenewal: true, IsJudged: false }
            && ReferenceEquals(_current, refused)
            && clock.GetElapsedTime(refused.AskedAt, now) < Options.RenewalPause)
        {
            refused.IsJudged = true; // Counted once; when the pause is over, it is renewed again.
            Pause(now);
            return true;
        }

        return false;
    }

    private void Pause(long now)
    {
        if (now < _pausedUntil)
        {
            return;
        }

        var options = Options;
        var pause = TimeSpan.FromTicks((long)Math.Min(options.RenewalPause.Ticks * Math.Pow(2, Math.Min(_pauses, 40)), options.MaxRenewalPause.Ticks));
        _pauses++;
        _pausedUntil = now + TimeTicks.Of(pause, clock);
        _untold = pause;
    }

    private void TellPause()
    {
        TimeSpan? pause;
        lock (_lock)
        {
            (pause, _untold) = (_untold, null);
        }

        if (pause is { } time)
        {
            Tell(() => AmbassadorLog.CredentialRefused(logger, name, time));
        }
    }
}
