namespace SidecarPatterns;

/// <summary>How many requests an endpoint has to serve at a time.</summary>
/// <remarks>
/// A request counts from its sending until its body is read or disposed of; or, where nobody reads the body after the response was handed over, for
/// <see cref="AmbassadorContentOptions.BodyIdleTimeout"/>, events included. One of <c>application/grpc</c>, and one that is upgraded, counts until its headers.
/// While a call waits to try again, or for a credential, it does not count.
/// </remarks>
public sealed class AmbassadorConcurrencyOptions
{
    /// <summary>How many requests one endpoint has at a time, at most.</summary>
    /// <value><see langword="null"/> by default: any number. Otherwise from 1 to 1,000,000.</value>
    public int? Limit { get; set; }

    /// <summary>How many requests wait for their turn where an endpoint has that many, first come, first served.</summary>
    /// <value>0 by default: another endpoint is tried, or the call is refused. Up to 1,000,000. A call waits where the fewest do.</value>
    public int QueueLimit { get; set; } = AmbassadorConcurrencyConstants.QueueLimit;

    /// <summary>How long a request waits for its turn, at most; never longer than the call has time.</summary>
    /// <value>1 s by default; more than zero, at most 49 days.</value>
    public TimeSpan QueueTimeout { get; set; } = AmbassadorConcurrencyConstants.QueueTimeout;
}
