namespace SidecarPatterns;

/// <summary>Where an ambassador's calls may lead.</summary>
public enum EgressProfile
{
    /// <summary>
    /// To the scheme, host and port of the addresses that the options name, and to <see cref="AmbassadorEgressOptions.AllowedHosts"/>; where they name none, to
    /// any host. Private addresses are in order; those of metadata services, of the link and of multicast are not.
    /// </summary>
    ConfiguredHosts,

    /// <summary>
    /// To any host, or to <see cref="AmbassadorEgressOptions.AllowedHosts"/> where there are some, but to public addresses only: for URLs that users supply.
    /// </summary>
    Public,

    /// <summary>Anywhere: nothing is checked.</summary>
    Any,
}
