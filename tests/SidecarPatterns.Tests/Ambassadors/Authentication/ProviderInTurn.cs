namespace SidecarPatterns.Tests;

/// <summary>A provider of the user's that gives what the test says, in turn, the last for ever.</summary>
internal sealed class ProviderInTurn(params Func<CancellationToken, Task<AmbassadorCredential>>[] answers) : IAmbassadorCredentialProvider
{
    private int _asked;

    public async ValueTask<AmbassadorCredential> AcquireAsync(CredentialRequest request, CancellationToken ct) =>
        await answers[Math.Min(Interlocked.Increment(ref _asked), answers.Length) - 1](ct);
}
