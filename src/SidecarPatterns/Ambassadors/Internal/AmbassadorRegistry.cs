namespace SidecarPatterns;

/// <summary>The names under which ambassadors were registered. Filled while the container is built, and read afterwards.</summary>
internal sealed class AmbassadorRegistry
{
    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase);

    public IReadOnlyCollection<string> Names => _names;

    /// <summary>Whether every client of the container has one, by client defaults.</summary>
    public bool CoversDefaults { get; private set; }

    /// <summary>Whether the client of this name has one.</summary>
    public bool Covers(string name) => CoversDefaults || _names.Contains(name);

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
