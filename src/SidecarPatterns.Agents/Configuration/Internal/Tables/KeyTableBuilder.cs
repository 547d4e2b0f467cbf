namespace SidecarPatterns;

/// <summary>Gathers the keys of a version, and in what they differ from those of the version before, whose texts it uses again.</summary>
/// <param name="before">The version before.</param>
/// <param name="maxCharacters">How many characters keys and values may have together.</param>
internal sealed class KeyTableBuilder(KeyTable before, long maxCharacters = long.MaxValue)
{
    private readonly Dictionary<string, string?> _values = new(before.Count, StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, string?>.AlternateLookup<ReadOnlySpan<char>> _before = before.BySpan;
    private readonly List<string> _named = [];
    private long _characters;
    private int _added;
    private int _changed;
    private int _matched;

    /// <exception cref="DocumentRefusedException">The key is there already, or there is too much of it all.</exception>
    public void Add(string key, string? value) => Add(key.AsSpan(), value.AsSpan(), value is null);

    /// <inheritdoc cref="Add(string, string?)"/>
    public void AddNull(ReadOnlySpan<char> key) => Add(key, default, isNull: true);

    /// <inheritdoc cref="Add(string, string?)"/>
    public void Add(ReadOnlySpan<char> key, ReadOnlySpan<char> value) => Add(key, value, isNull: false);

    /// <summary>The version, and how it differs.</summary>
    public (KeyTable Table, KeyChanges Changes) Build()
    {
        var removed = before.Count - _matched;
        if (removed > 0 && _named.Count < ConfigurationAgentConstants.NamedKeys)
        {
            _named.AddRange(before.Values.Keys.Where(key => !_values.ContainsKey(key)).Take(ConfigurationAgentConstants.NamedKeys - _named.Count));
        }

        return (new KeyTable(_values), new KeyChanges(_added, _changed, removed, _named));
    }

    private void Add(ReadOnlySpan<char> key, ReadOnlySpan<char> value, bool isNull)
    {
        _characters += key.Length + value.Length;
        if (_characters > maxCharacters)
        {
            throw new DocumentRefusedException(
                $"its keys, written out in full, and its values have more than {maxCharacters:N0} characters: "
                + $"{ConfigurationAgentConstants.CharactersPerByte} for each byte of {nameof(ConfigurationAgentOptions.MaxSize)}");
        }

        var (name, text) = Resolve(key, value, isNull);
        if (!_values.TryAdd(name, text))
        {
            throw new DocumentRefusedException($"it has the key '{name}' twice");
        }
    }

    private (string Key, string? Value) Resolve(ReadOnlySpan<char> key, ReadOnlySpan<char> value, bool isNull)
    {
        if (!_before.TryGetValue(key, out var oldKey, out var oldValue))
        {
            _added++;
            return (Name(key.ToString()), isNull ? null : value.ToString());
        }

        _matched++;
        var isSame = isNull == oldValue is null && value.SequenceEqual(oldValue);
        _changed += isSame ? 0 : 1;
        var name = key.SequenceEqual(oldKey) ? oldKey : key.ToString();
        return isSame ? (name, oldValue) : (Name(name), isNull ? null : value.ToString());
    }

    private string Name(string key)
    {
        if (_named.Count < ConfigurationAgentConstants.NamedKeys)
        {
            _named.Add(key);
        }

        return key;
    }
}
