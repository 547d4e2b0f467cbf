namespace SidecarPatterns.Tests;

/// <summary>A provider of which the test says what it gives.</summary>
internal sealed class ScriptedProvider(Func<CredentialRequest, CancellationToken, ValueTask<AmbassadorCredential>> acquire) : IAmbassadorCredentialProvider
{
    public ValueTask<AmbassadorCredential> AcquireAsync(CredentialRequest request, CancellationToken ct) => acquire(request, ct);
}
