using System.Globalization;

namespace SidecarPatterns;

/// <summary>The names under which ambassadors were registered. Filled while the container is built, and read afterwards.</summary>
internal sealed class AmbassadorRegistry
{
    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase);

    private readonly Dictionary<string, string> _clients = new(StringComparer.OrdinalIgnoreCase); // By the sidecars that see to something of theirs.

    public IReadOnlyCollection<string> Names => _names;

    /// <summary>Whether every client of the container has one, by client defaults.</summary>
    public bool CoversDefaults { get; private set; }

    /// <summary>Whether the client of this name has one.</summary>
    public bool Covers(string name) => CoversDefaults || _names.Contains(name);

    /// <summary>Finds a name for a sidecar that sees to something of a client's.</summary>
    /// <param name="client">The client.</param>
    /// <param name="suffix">What that is: it stands behind the client's name.</param>
    /// <returns>The name; <see langword="null"/> if the client has such a sidecar.</returns>
    public string? NameSidecar(string client, string suffix)
    {
        if (_clients.Any(one => one.Value.Equals(client, StringComparison.OrdinalIgnoreCase) && one.Key.EndsWith(suffix, StringComparison.Ordinal)))
        {
            return null;
        }

        // Clients may have any name, sidecars may not.
        var stem = string.Concat(client.Select(static sign => char.IsAsciiLetterOrDigit(sign) || sign is '.' or '-' or '_' ? sign : '-'));
        var name = stem + suffix;
        for (var i = 2; !_clients.TryAdd(name, client); i++)
        {
            name = string.Create(CultureInfo.InvariantCulture, $"{stem}-{i}{suffix}");
        }

        return name;
    }

    /// <summary>The client that a sidecar sees to.</summary>
    public string ClientOf(string sidecar) => _clients[sidecar];

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
