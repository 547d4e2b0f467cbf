namespace SidecarPatterns;

/// <summary>Which of several endpoints an attempt goes to.</summary>
/// <remarks>
/// The better of two that are drawn by lot: the one of the lower <c>latency x (requests under way + 1) / weight</c>. The latency is a mean that a slower answer
/// replaces at once and quicker ones take back over <see cref="Decay"/>. Sources: Mitzenmacher, "The power of two choices in randomized load balancing"; the
/// peak EWMA of Finagle and of linkerd2-proxy.
/// </remarks>
public sealed class AmbassadorBalancingOptions
{
    /// <summary>The time over which quicker answers take back a slow one, and over which an endpoint that is not asked is forgiven.</summary>
    /// <value>10 s by default; more than zero, at most 49 days.</value>
    public TimeSpan Decay { get; set; } = AmbassadorBalancingConstants.Decay;

    /// <summary>The time over which an endpoint that is new among others, or has recovered, comes to its full share.</summary>
    /// <value>10 s by default; from zero to 49 days.</value>
    public TimeSpan SlowStart { get; set; } = AmbassadorBalancingConstants.SlowStart;

    /// <summary>How long a failure counts to have taken, however quick it was, so that an endpoint which fails fast does not draw the requests.</summary>
    /// <value>5 s by default; from zero to 49 days. Also how long an endpoint is spared that asks for less without saying how long.</value>
    public TimeSpan FailureCost { get; set; } = AmbassadorBalancingConstants.FailureCost;

    /// <summary>How long an endpoint is spared at most that asks for it by <c>Retry-After</c>.</summary>
    /// <value>60 s by default; from zero to 49 days.</value>
    public TimeSpan MaxRetryAfter { get; set; } = AmbassadorBalancingConstants.MaxRetryAfter;

    /// <summary>
    /// The part of the endpoints of one priority that can be left alone for their failures while another one is in order; beyond that, those that tripped last
    /// stay in.
    /// </summary>
    /// <value>0.5 by default, rounded down to whole endpoints; from 0 to 1. When none is in order, all are left alone, and calls fail at once.</value>
    public double MaxEjectedRatio { get; set; } = AmbassadorBalancingConstants.MaxEjectedRatio;

    /// <summary>How long the health and the latency of an endpoint are remembered that is not among the endpoints any more.</summary>
    /// <value>10 min by default; from zero to 49 days.</value>
    public TimeSpan KeepState { get; set; } = AmbassadorBalancingConstants.KeepState;

    /// <summary>How many endpoints there are at most, those included that are remembered; those that left first are forgotten first.</summary>
    /// <value>1,024 by default; from 1 to 65,536. Of a longer list the first ones are used, and that is told.</value>
    public int MaxEndpoints { get; set; } = AmbassadorBalancingConstants.MaxEndpoints;
}
