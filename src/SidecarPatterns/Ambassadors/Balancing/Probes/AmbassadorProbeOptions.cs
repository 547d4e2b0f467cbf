namespace SidecarPatterns;

/// <summary>Whether endpoints are asked how they are, beside the calls.</summary>
/// <remarks>
/// <para>
/// By default only those are asked of which calls say nothing: those that are left alone for their failures, and those that no call went to of late. What
/// answers 2xx is well. An endpoint that is well again is tried by a call sooner than it would be; only calls that succeed bring it back. An idle endpoint that
/// is not well is left alone, while another one is in order.
/// </para>
/// <para>
/// The sidecar of <c>AddProbe</c> asks; where none runs, the calls do as they come by, in the background. Connections are of a primary handler made for that as
/// the client's is. Only <see cref="AmbassadorHandler"/> outside a container does not know how its inner handler was made, and asks as
/// <see cref="AmbassadorOptions.Network"/> says.
/// </para>
/// </remarks>
public sealed class AmbassadorProbeOptions
{
    /// <summary>The path that is asked for by GET, put behind the path of each endpoint's address, with a query if need be.</summary>
    /// <value><see langword="null"/> by default: none is asked. Otherwise it begins with <c>/</c>, and has no fragment.</value>
    public string? Path { get; set; }

    /// <summary>The time between two probes of an endpoint.</summary>
    /// <value>10 s by default; more than zero, at most 49 days.</value>
    public TimeSpan Interval { get; set; } = AmbassadorProbeConstants.Interval;

    /// <summary>The part by which that time is longer or shorter by chance.</summary>
    /// <value>0.2 by default; from 0 to 1.</value>
    public double Jitter { get; set; } = AmbassadorProbeConstants.Jitter;

    /// <summary>How long the headers of an answer are waited for.</summary>
    /// <value>2 s by default; more than zero, at most 49 days.</value>
    public TimeSpan Timeout { get; set; } = AmbassadorProbeConstants.Timeout;

    /// <summary>How many probes in a row must fail for an endpoint to be left alone.</summary>
    /// <value>2 by default; from 1 to 1,000.</value>
    public int Failures { get; set; } = AmbassadorProbeConstants.Failures;

    /// <summary>How many probes in a row must succeed for an endpoint that is left alone to be tried by a call.</summary>
    /// <value>2 by default; from 1 to 1,000.</value>
    public int Successes { get; set; } = AmbassadorProbeConstants.Successes;

    /// <summary>Whether endpoints are asked that calls go to, too.</summary>
    /// <value><see langword="false"/> by default.</value>
    public bool All { get; set; }
}
