namespace SidecarPatterns;

/// <summary>A credential that is kept, and until when.</summary>
internal sealed class CachedCredential(AmbassadorCredential credential, long askedAt, long usableUntil, long refreshAt, long endsAt, bool isRenewal)
{
    private readonly long _plannedRefreshAt = refreshAt;
    private long _refreshAt = refreshAt;
    private bool _isJudged;

    public AmbassadorCredential Credential { get; } = credential;

    /// <summary>When it was asked for.</summary>
    public long AskedAt { get; } = askedAt;

    /// <summary>From when on it is not used any more, in ticks of the clock.</summary>
    public long UsableUntil { get; } = usableUntil;

    /// <summary>When it ends.</summary>
    public long EndsAt { get; } = endsAt;

    /// <summary>Whether it was got because the one before was refused.</summary>
    public bool IsRenewal { get; } = isRenewal;

    /// <summary>Whether somebody has seen if the server takes it.</summary>
    public bool IsJudged
    {
        get => Volatile.Read(ref _isJudged);
        set => Volatile.Write(ref _isJudged, value);
    }

    /// <summary>From when on another one is asked for; put off while that is under way, or has failed.</summary>
    public long RefreshAt
    {
        get => Volatile.Read(ref _refreshAt);
        set => Volatile.Write(ref _refreshAt, value);
    }

    /// <summary>Keeps a credential that was asked for at a moment.</summary>
    public static CachedCredential Of(
        AmbassadorCredential credential, long askedAt, bool isRenewal, AmbassadorAuthenticationOptions options, TimeProvider clock, Random? random = null)
    {
        if (credential.Lifetime is not { } given)
        {
            return new CachedCredential(credential, askedAt, long.MaxValue, long.MaxValue, long.MaxValue, isRenewal);
        }

        var lifetime = Min(given, AmbassadorConstants.MaxDuration);
        var margin = Min(options.ExpiryMargin, lifetime / 2);
        var jitter = Jitter.Factor(AmbassadorAuthenticationConstants.RefreshJitter, random ?? Random.Shared);
        var ahead = Min(options.RefreshAhead, lifetime * options.RefreshAheadRatio) * jitter;

        // A short one is renewed while it can still be used.
        var usable = lifetime - margin;
        var refreshAfter = Min(lifetime - ahead, usable - Min(margin, usable * options.RefreshAheadRatio));
        return new CachedCredential(
            credential, askedAt, askedAt + Floor(usable, clock), askedAt + Floor(refreshAfter, clock), askedAt + Floor(lifetime, clock), isRenewal);
    }

    /// <summary>The same for another cache: what has become of renewing it here says nothing there.</summary>
    public CachedCredential Anew() => new(Credential, AskedAt, UsableUntil, _plannedRefreshAt, EndsAt, IsRenewal);

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static long Floor(TimeSpan duration, TimeProvider clock) => (long)(duration.Ticks * ((double)clock.TimestampFrequency / TimeSpan.TicksPerSecond));
}
