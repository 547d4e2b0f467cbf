namespace SidecarPatterns;

/// <summary>How an ambassador gets, keeps and renews its credential, whichever kind that is.</summary>
public sealed class AmbassadorAuthenticationOptions
{
    /// <summary>Whether the credential is sent in the clear to other machines, and asked for in the clear.</summary>
    /// <value><see langword="false"/> by default: over <c>http</c> only to the loopback, and nothing is sent elsewhere.</value>
    public bool AllowInsecureCredentials { get; set; }

    /// <summary>Whether a 401 has the credential renewed, and the request sent once more with it.</summary>
    /// <value><see langword="true"/> by default.</value>
    public bool RenewOn401 { get; set; } = true;

    /// <summary>How long a credential may be asked for. No caller's time bounds this, since others wait for the same.</summary>
    /// <value>10 s by default; more than zero, at most 49 days.</value>
    public TimeSpan AcquireTimeout { get; set; } = AmbassadorAuthenticationConstants.AcquireTimeout;

    /// <summary>How long before its end a credential is renewed, at most; give or take a tenth, by chance.</summary>
    /// <value>5 min by default; from zero to 49 days.</value>
    public TimeSpan RefreshAhead { get; set; } = AmbassadorAuthenticationConstants.RefreshAhead;

    /// <summary>... and at most this part of its lifetime.</summary>
    /// <value>0.2 by default; from 0 to 1.</value>
    public double RefreshAheadRatio { get; set; } = AmbassadorAuthenticationConstants.RefreshAheadRatio;

    /// <summary>How long before its end a credential is no longer used, so that none ends on its way.</summary>
    /// <value>5 s by default; from zero to 49 days. Half of the lifetime where that is less.</value>
    public TimeSpan ExpiryMargin { get; set; } = AmbassadorAuthenticationConstants.ExpiryMargin;

    /// <summary>
    /// How long to wait before a credential is asked for again that could not be had, doubled each time, give or take a fifth; meanwhile calls without one fail
    /// at once.
    /// </summary>
    /// <value>1 s by default; more than zero, at most <see cref="MaxRetryDelay"/>.</value>
    public TimeSpan RetryDelay { get; set; } = AmbassadorAuthenticationConstants.RetryDelay;

    /// <summary>The longest of those waits.</summary>
    /// <value>30 s by default; more than zero, at most 49 days.</value>
    public TimeSpan MaxRetryDelay { get; set; } = AmbassadorAuthenticationConstants.MaxRetryDelay;

    /// <summary>The longest of them where the issuer refuses the client itself, its grant or its scopes.</summary>
    /// <value>5 min by default; more than zero, at most 49 days.</value>
    public TimeSpan MaxRejectedDelay { get; set; } = AmbassadorAuthenticationConstants.MaxRejectedDelay;

    /// <summary>How long no 401 has the credential renewed once a fresh one was refused too, doubled each time.</summary>
    /// <value>30 s by default; more than zero, at most 49 days.</value>
    public TimeSpan RenewalPause { get; set; } = AmbassadorAuthenticationConstants.RenewalPause;

    /// <summary>The longest of those pauses.</summary>
    /// <value>10 min by default; more than zero, at most 49 days.</value>
    public TimeSpan MaxRenewalPause { get; set; } = AmbassadorAuthenticationConstants.MaxRenewalPause;
}
