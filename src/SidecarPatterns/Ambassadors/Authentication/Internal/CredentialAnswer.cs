namespace SidecarPatterns;

/// <summary>What came of asking for a credential: one, or why there is none.</summary>
internal readonly record struct CredentialAnswer(AmbassadorCredential? Credential, CredentialFailure? Failure)
{
    public static implicit operator CredentialAnswer(AmbassadorCredential credential) => new(credential, null);

    public static implicit operator CredentialAnswer(CredentialFailure failure) => new(null, failure);
}
