namespace SidecarPatterns;

/// <summary>Where an ambassador's calls may lead: which hosts, and which addresses.</summary>
/// <remarks>
/// Hosts are compared when a call begins and at each redirect; addresses are judged when a connection is made, after the one and only time that the name is
/// resolved. Both take effect at once when they change; a connection that is there already is used until its lifetime is over.
/// </remarks>
public sealed class AmbassadorEgressOptions
{
    /// <summary>Where calls may lead.</summary>
    /// <value><see cref="EgressProfile.ConfiguredHosts"/> by default.</value>
    public EgressProfile Profile { get; set; }

    /// <summary>
    /// The hosts that may be called beside the addresses of the options: <c>example.com</c>, <c>example.com:8443</c>, or <c>*.example.com</c> for all below it.
    /// </summary>
    /// <value>
    /// Empty by default: with <see cref="EgressProfile.Public"/> any host. One without a port stands for the usual ports of <c>http</c> and <c>https</c>. Names
    /// are compared in their ASCII form, without regard to case and to a dot at the end.
    /// </value>
    public IList<string> AllowedHosts { get; } = [];

    /// <summary>The addresses that may be called although the profile refuses them: <c>10.1.0.0/16</c>, <c>fd00::/8</c>, <c>127.0.0.1</c>.</summary>
    /// <value>Empty by default. <see cref="DeniedAddresses"/> have the last word.</value>
    public IList<string> AllowedAddresses { get; } = [];

    /// <summary>The addresses that may not be called although the profile allows them, in the same notation.</summary>
    /// <value>Empty by default.</value>
    public IList<string> DeniedAddresses { get; } = [];

    /// <summary>What to make of a name that leads to addresses that are allowed and to others that are not.</summary>
    /// <value><see cref="MixedAddresses.Refuse"/> by default.</value>
    public MixedAddresses MixedAddresses { get; set; }

    /// <summary>
    /// Whether a redirect to a host that is not allowed is returned as it is, instead of ending the call with <see cref="AmbassadorEgressException"/>.
    /// </summary>
    /// <value><see langword="false"/> by default. Where the host is allowed and its address is not, the call ends in any case.</value>
    public bool ReturnRefusedRedirects { get; set; }
}
