namespace SidecarPatterns;

/// <summary>Which prober is whose. Filled while the container is built, and read afterwards.</summary>
internal sealed class ProberRegistry
{
    private readonly Dictionary<string, string> _clients = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Adds the prober of a client.</summary>
    /// <returns>The name of its sidecar; <see langword="null"/> if it has one.</returns>
    public string? TryAdd(string client)
    {
        if (_clients.ContainsValue(client))
        {
            return null;
        }

        // Clients may have any name, sidecars may not.
        var stem = string.Concat(client.Select(static sign => char.IsAsciiLetterOrDigit(sign) || sign is '.' or '-' or '_' ? sign : '-'));
        var name = stem + AmbassadorProbeConstants.SidecarSuffix;
        for (var i = 2; !_clients.TryAdd(name, client); i++)
        {
            name = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{stem}-{i}{AmbassadorProbeConstants.SidecarSuffix}");
        }

        return name;
    }

    public string ClientOf(string sidecar) => _clients[sidecar];
}
