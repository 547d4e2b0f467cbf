namespace SidecarPatterns;

/// <summary>The names under which ambassadors were registered. Filled while the container is built, and read afterwards.</summary>
internal sealed class AmbassadorRegistry
{
    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase);

    private readonly Dictionary<string, string> _refreshed = new(StringComparer.OrdinalIgnoreCase); // Clients, by the sidecars that see to their tokens.

    public IReadOnlyCollection<string> Names => _names;

    /// <summary>Whether every client of the container has one, by client defaults.</summary>
    public bool CoversDefaults { get; private set; }

    /// <summary>Whether the client of this name has one.</summary>
    public bool Covers(string name) => CoversDefaults || _names.Contains(name);

    /// <summary>Remembers which client a sidecar sees to.</summary>
    /// <returns>Whether it is the first of that name.</returns>
    public bool AddRefresher(string sidecar, string client) => _refreshed.TryAdd(sidecar, client);

    /// <summary>The client that a sidecar sees to.</summary>
    public string ClientOf(string sidecar) => _refreshed[sidecar];

    /// <summary>Adds a name; without one, all clients.</summary>
    public void Add(string? name)
    {
        if (name is null)
        {
            CoversDefaults = true;
        }
        else
        {
            _names.Add(name);
        }
    }
}
