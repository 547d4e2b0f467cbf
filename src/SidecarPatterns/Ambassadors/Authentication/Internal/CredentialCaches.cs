using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>The tokens of a container's clients, of which those that are the same are one. Thread-safe.</summary>
internal sealed class CredentialCaches(TimeProvider clock, ILogger logger) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TokenKey, (CredentialCache Cache, int Users)> _shared = [];
    private readonly List<CredentialCache> _own = [];

    /// <summary>The cache of a token that others may have too. Each use is to be left.</summary>
    public CredentialCache Join(TokenKey key, string ambassador, AmbassadorOptions options)
    {
        lock (_lock)
        {
            var (cache, users) = _shared.GetValueOrDefault(key);
            if (cache is null)
            {
                var source = new TokenSource(ambassador, options.ClientCredentials, options.Authentication, clock, logger);
                cache = new CredentialCache(ambassador, source, options.Authentication, clock, logger);
            }

            _shared[key] = (cache, users + 1);
            return cache;
        }
    }

    /// <summary>Forgets the cache of a token that nobody uses any more. Calls that are under way keep what they have.</summary>
    public void Leave(TokenKey key)
    {
        lock (_lock)
        {
            var (cache, users) = _shared[key];
            if (users > 1)
            {
                _shared[key] = (cache, users - 1);
                return;
            }

            _shared.Remove(key);
            cache.Leave();
        }
    }

    /// <summary>A cache that is one client's alone.</summary>
    public CredentialCache Add(string ambassador, CredentialSource source, AmbassadorAuthenticationOptions options)
    {
        var cache = new CredentialCache(ambassador, source, options, clock, logger);
        lock (_lock)
        {
            _own.Add(cache);
        }

        return cache;
    }

    /// <summary>Forgets one of those.</summary>
    public void Remove(CredentialCache cache)
    {
        lock (_lock)
        {
            _own.Remove(cache);
        }

        cache.Leave();
    }

    /// <summary>Forgets all tokens. What the application still does while it ends can ask for them again.</summary>
    public void Drop()
    {
        foreach (var cache in All())
        {
            cache.Drop();
        }
    }

    /// <summary>Forgets all credentials for good.</summary>
    public void Dispose()
    {
        foreach (var cache in All())
        {
            cache.Dispose();
        }
    }

    private List<CredentialCache> All()
    {
        lock (_lock)
        {
            return [.. _shared.Values.Select(static shared => shared.Cache), .. _own];
        }
    }
}
