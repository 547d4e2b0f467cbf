namespace SidecarPatterns;

/// <summary>How an ambassador follows redirects. They share the time of the attempt, and a retry begins with the original request.</summary>
public sealed class AmbassadorRedirectOptions
{
    /// <summary>How many redirects an attempt follows; the response that leads beyond is returned.</summary>
    /// <value>10 by default; from 0, for none, to 100.</value>
    public int MaxHops { get; set; } = AmbassadorRedirectConstants.MaxHops;

    /// <summary>
    /// The headers, beside <c>Authorization</c>, <c>Cookie</c>, <c>Proxy-Authorization</c> and <c>Idempotency-Key</c>, that are not sent on to another origin.
    /// </summary>
    /// <value>Empty by default.</value>
    public IList<string> SensitiveHeaders { get; } = [];
}
