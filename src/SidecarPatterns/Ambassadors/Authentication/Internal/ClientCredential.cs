namespace SidecarPatterns;

/// <summary>The credential of one ambassador: which cache it is in, as the options have it at present, and what became of it.</summary>
internal sealed class ClientCredential(string ambassador, CredentialCaches caches, TimeProvider clock)
{
    private CredentialCache? _cache;
    private TaskCompletionSource _replaced = NewSignal();
    private object? _key; // Of what the cache was made: a token's key, a provider, or the settings of a key.

    public CredentialCounts Counts { get; } = new();

    /// <summary>The cache; <see langword="null"/> where the client has no credential.</summary>
    public CredentialCache? Cache => Volatile.Read(ref _cache);

    /// <summary>Completes when there is another credential, or another cache for it.</summary>
    public Task Changed
    {
        get
        {
            var replaced = Volatile.Read(ref _replaced).Task;
            return Cache is { } cache ? Task.WhenAny(replaced, cache.Changed) : replaced;
        }
    }

    /// <summary>Finds the cache for options that are about to be used. Not twice at a time.</summary>
    public CredentialCache? Apply(AmbassadorOptions options)
    {
        var key = CredentialChoice.KeyOf(options);
        var before = Cache;
        if (key is not null && key.Equals(_key))
        {
            before!.Options = options.Authentication;
            return before;
        }

        var cache = key switch
        {
            null => null,
            TokenKey token => caches.Join(token, ambassador, options),
            _ => caches.Add(ambassador, CredentialChoice.SourceOf(ambassador, options)!, options.Authentication),
        };
        if (before is not null)
        {
            Leave(before, key, cache);
        }

        _key = key;
        Volatile.Write(ref _cache, cache);
        Interlocked.Exchange(ref _replaced, NewSignal()).TrySetResult();
        return cache;
    }

    /// <summary>How it stands.</summary>
    public CredentialSnapshot? TakeSnapshot()
    {
        if (Cache is not { } cache)
        {
            return null;
        }

        var (isUsable, left, failure) = cache.Read(clock.GetTimestamp());
        return new CredentialSnapshot
        {
            Kind = cache.Source.Kind,
            IsUsable = isUsable,
            ExpiresAt = left is { } time ? clock.GetUtcNow() + time : null,
            IsFailing = failure is not null,
            LastError = failure?.Describe(),
            Acquired = Counts.Acquired,
            Failed = Counts.Failed,
            Renewals = Counts.Renewals,
            Refused = Counts.Refused,
        };
    }

    private void Leave(CredentialCache before, object? key, CredentialCache? cache)
    {
        if (_key is not TokenKey token)
        {
            caches.Remove(before);
            return;
        }

        // Another secret for the same grant: the token that is there is as good as before.
        if (key is TokenKey next && next.Grant == token.Grant)
        {
            cache!.Adopt(before);
        }

        caches.Leave(token);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
