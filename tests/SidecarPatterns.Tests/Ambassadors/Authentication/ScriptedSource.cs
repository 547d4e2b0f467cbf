namespace SidecarPatterns.Tests;

/// <summary>A source of which the test says what it gives, and when.</summary>
internal sealed class ScriptedSource : CredentialSource
{
    private int _asked;

    public override string Kind => "scripted";

    public Func<CredentialAnswer> Answer { get; set; } = static () => AmbassadorCredential.Bearer("x", TimeSpan.FromHours(1));

    public SyncPoint? Held { get; set; }

    public int Asked => Volatile.Read(ref _asked);

    /// <summary>What it was told of a refusal when it was asked last.</summary>
    public AmbassadorCredential? Refused { get; private set; }

    public int LetGoes { get; private set; }

    public bool IsDisposed { get; private set; }

    public override async ValueTask<CredentialAnswer> AcquireAsync(AmbassadorCredential? refused, bool isFirstTry, CancellationToken ct)
    {
        Refused = refused;
        Interlocked.Increment(ref _asked);
        await (Held?.PassAsync(ct) ?? Task.CompletedTask);
        return Answer();
    }

    public override void LetGo() => LetGoes++;

    public override void Dispose()
    {
        IsDisposed = true;
        base.Dispose();
    }
}
