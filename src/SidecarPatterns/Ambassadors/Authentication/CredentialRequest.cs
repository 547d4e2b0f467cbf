namespace SidecarPatterns;

/// <summary>What a provider is told when a credential is asked for.</summary>
public sealed class CredentialRequest
{
    /// <summary>Makes a request, as tests of a provider do.</summary>
    /// <param name="ambassadorName">The ambassador that asks.</param>
    /// <param name="refused">The credential that the server has refused; <see langword="null"/> if none was.</param>
    /// <exception cref="ArgumentNullException"><paramref name="ambassadorName"/> is <see langword="null"/>.</exception>
    public CredentialRequest(string ambassadorName, AmbassadorCredential? refused = null)
    {
        ArgumentNullException.ThrowIfNull(ambassadorName);
        AmbassadorName = ambassadorName;
        Refused = refused;
    }

    /// <summary>The ambassador that asks.</summary>
    public string AmbassadorName { get; }

    /// <summary>
    /// The credential that the server has refused with a 401, so that a cache of the provider's must not give it again; <see langword="null"/> if none was.
    /// </summary>
    public AmbassadorCredential? Refused { get; }
}
