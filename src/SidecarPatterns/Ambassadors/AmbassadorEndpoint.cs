namespace SidecarPatterns;

/// <summary>One server, or one name behind which there are several, that can answer an ambassador's calls.</summary>
/// <remarks>A request keeps its path and query: they are put behind the path of <see cref="Address"/>. Not thread-safe.</remarks>
public sealed class AmbassadorEndpoint
{
    /// <summary>Makes an endpoint whose address is yet to be set, as the configuration does.</summary>
    public AmbassadorEndpoint()
    {
    }

    /// <summary>Makes an endpoint.</summary>
    /// <param name="address">Its address. What is not allowed is told when the options are checked.</param>
    /// <exception cref="ArgumentNullException"><paramref name="address"/> is <see langword="null"/>.</exception>
    /// <exception cref="UriFormatException"><paramref name="address"/> is no address at all.</exception>
    public AmbassadorEndpoint(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Address = new Uri(address, UriKind.RelativeOrAbsolute);
    }

    /// <inheritdoc cref="AmbassadorEndpoint(string)"/>
    public AmbassadorEndpoint(Uri address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Address = address;
    }

    /// <summary>Where requests are sent. Its path is put in front of theirs.</summary>
    /// <value>An absolute <c>http</c> or <c>https</c> address, without user info, query and fragment, that no other endpoint has.</value>
    public Uri? Address { get; set; }

    /// <summary>The part of the requests that it takes, relative to the other endpoints of its priority that answer as quickly.</summary>
    /// <value>1 by default; above 0, up to 1,000,000.</value>
    public double Weight { get; set; } = AmbassadorBalancingConstants.Weight;

    /// <summary>Which endpoints come first: those of a higher number are used only when no request is let through to any of a lower one.</summary>
    /// <value>0 by default; from 0 to 1,000.</value>
    public int Priority { get; set; }

    /// <summary>Whether each address that DNS knows for the name (A and AAAA) is an endpoint of its own, with its own health, cost and connections.</summary>
    /// <value>
    /// <see langword="false"/> by default: the name is one endpoint. Otherwise requests go to the address, with the name as their <c>Host</c> and for TLS, and
    /// <see cref="AmbassadorOptions.Resolution"/> says when the name is asked for anew. Each address has the weight of the endpoint.
    /// </value>
    public bool PerAddress { get; set; }
}
