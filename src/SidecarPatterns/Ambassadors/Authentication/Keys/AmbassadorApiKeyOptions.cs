namespace SidecarPatterns;

/// <summary>A key that is sent in a header with each request. In an address it would stand in logs, caches and histories, so it is sent in none.</summary>
public sealed class AmbassadorApiKeyOptions
{
    /// <summary>The header.</summary>
    /// <value><c>X-Api-Key</c> by default.</value>
    public string Header { get; set; } = "X-Api-Key";

    /// <summary>A word before the key, with a space between, as in <c>Authorization: ApiKey ...</c>.</summary>
    /// <value><see langword="null"/> by default: none.</value>
    public string? Scheme { get; set; }

    /// <summary>The keys that are valid at present, the one to use first; the next one is tried once when the server refuses a key with a 401.</summary>
    /// <value>Empty by default: no key is sent. To rotate, add the new key, have the server take both, then take the old one away.</value>
    public IList<string> Keys { get; } = [];
}
