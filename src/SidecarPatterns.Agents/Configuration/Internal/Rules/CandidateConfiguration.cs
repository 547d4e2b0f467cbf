using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Primitives;

namespace SidecarPatterns;

/// <summary>
/// A configuration that is not in force: the providers of the real one, as they are, with a candidate in the place of the agent's own. It loads nothing and
/// never changes.
/// </summary>
/// <param name="providers">The providers, in the order of their sources.</param>
internal sealed class CandidateConfiguration(IReadOnlyList<IConfigurationProvider> providers) : IConfigurationRoot
{
    private static readonly CancellationChangeToken Never = new(CancellationToken.None);

    public IEnumerable<IConfigurationProvider> Providers => providers;

    /// <exception cref="NotSupportedException">A value is set.</exception>
    public string? this[string key]
    {
        get
        {
            for (var i = providers.Count - 1; i >= 0; i--)
            {
                if (providers[i].TryGet(key, out var value))
                {
                    return value;
                }
            }

            return null;
        }
        set => throw new NotSupportedException("A validator can not change the configuration that it is given.");
    }

    public IConfigurationSection GetSection(string key) => new ConfigurationSection(this, key);

    public IEnumerable<IConfigurationSection> GetChildren() => providers
        .Aggregate(Enumerable.Empty<string>(), static (keys, provider) => provider.GetChildKeys(keys, parentPath: null))
        .Distinct(StringComparer.OrdinalIgnoreCase)
        .Select(GetSection);

    public IChangeToken GetReloadToken() => Never;

    public void Reload()
    {
        // It is as it is.
    }

    /// <summary>A real configuration with a candidate in the place of the agent's provider; behind all others where that is not in it yet.</summary>
    public static CandidateConfiguration Of(IConfigurationRoot? real, AgentConfigurationProvider own, IConfigurationProvider candidate)
    {
        List<IConfigurationProvider> providers = [.. real?.Providers ?? []];
        var place = providers.IndexOf(own);
        if (place < 0)
        {
            providers.Add(candidate);
        }
        else
        {
            providers[place] = candidate;
        }

        return new CandidateConfiguration(providers);
    }
}
