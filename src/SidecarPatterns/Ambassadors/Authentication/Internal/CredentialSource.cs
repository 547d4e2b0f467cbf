namespace SidecarPatterns;

/// <summary>Where the credential of a client comes from.</summary>
internal abstract class CredentialSource : IDisposable
{
    /// <summary>Its kind, as snapshots show it.</summary>
    public abstract string Kind { get; }

    /// <summary>The headers that its credentials set, where that is known before there is one.</summary>
    public virtual IReadOnlyList<string>? HeaderNames => null;

    /// <summary>The credential that needs not be asked for; <see langword="null"/> where one has to be.</summary>
    public virtual AmbassadorCredential? AtHand => null;

    /// <summary>The one to use when one of those is refused; the same where there is no other.</summary>
    public virtual AmbassadorCredential? Next(AmbassadorCredential? refused) => null;

    /// <summary>Whether credentials end by themselves, so that somebody has to see to the next one.</summary>
    public bool NeedsRefresh => AtHand is null;

    /// <summary>Gets a credential. May throw whatever it likes.</summary>
    /// <param name="refused">The one that the server has refused, if it has.</param>
    /// <param name="isFirstTry">Whether the last one could be had: then trying again at once may help, and burdens nobody.</param>
    /// <param name="ct">Ends the asking.</param>
    public abstract ValueTask<CredentialAnswer> AcquireAsync(AmbassadorCredential? refused, bool isFirstTry, CancellationToken ct);

    /// <summary>Disposes of what is kept from request to request. The next one makes it anew.</summary>
    public virtual void LetGo()
    {
        // Most keep nothing.
    }

    public virtual void Dispose()
    {
        // Most hold nothing.
    }
}

/// <summary>A provider of the user's.</summary>
internal sealed class ProviderSource(string ambassador, IAmbassadorCredentialProvider provider) : CredentialSource
{
    public override string Kind => "provider";

    public override async ValueTask<CredentialAnswer> AcquireAsync(AmbassadorCredential? refused, bool isFirstTry, CancellationToken ct)
    {
        var credential = await provider.AcquireAsync(new CredentialRequest(ambassador, refused), ct).ConfigureAwait(false);
        return credential is null ? new CredentialFailure("the provider gave none")
            : credential.Lifetime <= TimeSpan.Zero ? new CredentialFailure("the provider gave one that has ended")
            : credential;
    }
}

/// <summary>Keys that are there from the start: the next one is taken when the server refuses one.</summary>
internal sealed class KeysSource(string kind, params IReadOnlyList<AmbassadorCredential> keys) : CredentialSource
{
    public override string Kind => kind;

    public override IReadOnlyList<string> HeaderNames => keys[0].HeaderNames;

    public override AmbassadorCredential AtHand => keys[0];

    public override ValueTask<CredentialAnswer> AcquireAsync(AmbassadorCredential? refused, bool isFirstTry, CancellationToken ct) => new(Next(refused));

    public override AmbassadorCredential Next(AmbassadorCredential? refused)
    {
        for (var i = 0; i < keys.Count; i++)
        {
            if (ReferenceEquals(keys[i], refused))
            {
                return keys[(i + 1) % keys.Count];
            }
        }

        return keys[0];
    }
}
