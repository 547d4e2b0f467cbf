namespace SidecarPatterns;

/// <summary>When DNS, or an <see cref="IEndpointSource"/>, is asked for the endpoints.</summary>
/// <remarks>
/// In a host the sidecar <c>ambassadors.endpoints</c> asks; without one the calls do, in the background. A failure or an answer without an endpoint changes
/// nothing; an endpoint that is gone gets no new requests, and those that are under way end as they would.
/// </remarks>
public sealed class AmbassadorResolutionOptions
{
    /// <summary>How often they are asked for.</summary>
    /// <value>30 s by default; more than zero, at most 49 days.</value>
    public TimeSpan RefreshPeriod { get; set; } = AmbassadorResolutionConstants.RefreshPeriod;

    /// <summary>The part by which that time is longer or shorter by chance.</summary>
    /// <value>0.2 by default; from 0 to 1.</value>
    public double RefreshJitter { get; set; } = AmbassadorResolutionConstants.RefreshJitter;

    /// <summary>The least time between two questions, when requests that can not be sent or changes that are told ask for it.</summary>
    /// <value>1 s by default; from zero to 49 days.</value>
    public TimeSpan MinRefreshInterval { get; set; } = AmbassadorResolutionConstants.MinRefreshInterval;

    /// <summary>How long an answer is waited for.</summary>
    /// <value>5 s by default; more than zero, at most 49 days.</value>
    public TimeSpan Timeout { get; set; } = AmbassadorResolutionConstants.Timeout;

    /// <summary>How long there may have been no answer until that is an error. Until then it is a warning; the last answer is used all the time.</summary>
    /// <value>10 min by default; from zero to 49 days.</value>
    public TimeSpan StaleAfter { get; set; } = AmbassadorResolutionConstants.StaleAfter;
}
