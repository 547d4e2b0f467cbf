namespace SidecarPatterns;

/// <summary>Whether a request that takes long is sent a second time, to another endpoint if there is one, and the first good answer counts.</summary>
/// <remarks>
/// <para>Only what may be done twice is, and only what can be sent twice at a time: a request without content, or whose content is in memory and no longer than
/// <see cref="AmbassadorContentOptions.LargeUploadFrom"/>. One that finds out whether an endpoint has recovered is sent alone.</para>
/// <para>
/// A second request takes a token of the retry budget, which never comes back, and is sent neither to an endpoint that fails nor to one that has much to do.
/// The one that is not needed is cancelled, which over HTTP/1.1 costs its connection, unless <see cref="LetLosersFinish"/> says otherwise.
/// </para>
/// <para>Source: J. Dean, L. A. Barroso, "The Tail at Scale", Communications of the ACM 56 (2013).</para>
/// </remarks>
public sealed class AmbassadorHedgingOptions
{
    /// <summary>Whether it is done.</summary>
    /// <value><see langword="false"/> by default.</value>
    public bool Enabled { get; set; }

    /// <summary>After how long the second request is sent, until enough is known: see <see cref="MinimumSamples"/>.</summary>
    /// <value><see langword="null"/> by default: until then there is none. Otherwise more than zero, at most 49 days; less than <see cref="MinDelay"/> counts
    /// as that.</value>
    public TimeSpan? Delay { get; set; }

    /// <summary>The part of the latest attempts that were answered sooner than the second request is sent.</summary>
    /// <value>0.95 by default; above 0, up to 1. It goes by the latest one to two thousand attempts that succeeded, timed out or were overtaken, to within 7
    /// %.</value>
    public double Quantile { get; set; } = AmbassadorHedgingConstants.Quantile;

    /// <summary>How many attempts must have been seen for <see cref="Quantile"/> to count.</summary>
    /// <value>100 by default; from 1 to 1,000.</value>
    public int MinimumSamples { get; set; } = AmbassadorHedgingConstants.MinimumSamples;

    /// <summary>The shortest time after which a second request is sent.</summary>
    /// <value>10 ms by default; from zero to 49 days.</value>
    public TimeSpan MinDelay { get; set; } = AmbassadorHedgingConstants.MinDelay;

    /// <summary>The part of <see cref="AmbassadorConcurrencyOptions.Limit"/> from which on an endpoint is not given a second request.</summary>
    /// <value>0.8 by default; from 0 to 1.</value>
    public double MaxLoad { get; set; } = AmbassadorHedgingConstants.MaxLoad;

    /// <summary>The part of <see cref="AmbassadorRetryBudgetOptions.Capacity"/> that is left for retries: where many calls fail, those need it more.</summary>
    /// <value>0.5 by default; from 0 to 1.</value>
    public double BudgetReserve { get; set; } = AmbassadorHedgingConstants.BudgetReserve;

    /// <summary>Whether the request that is not needed goes on, and its response is thrown away, so that its connection can be used again.</summary>
    /// <value><see langword="false"/> by default: it is cancelled.</value>
    public bool LetLosersFinish { get; set; }
}
