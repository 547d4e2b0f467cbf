using System.Text;

namespace SidecarPatterns;

// The overloads differ in the type of their text.
#pragma warning disable RS0026 // Do not add multiple public overloads with optional parameters

/// <summary>A whole version of a configuration, as a source of your own gives it: what is not in it, is not in the configuration any more.</summary>
/// <remarks>Immutable as long as nobody changes what it was made from. It is parsed, validated and adopted, or refused, by the agent.</remarks>
public sealed class ConfigurationDocument
{
    private readonly Action<KeyTableBuilder> _fill;

    internal ConfigurationDocument(Action<KeyTableBuilder> fill, string? revision)
    {
        _fill = fill;
        Revision = revision;
    }

    /// <summary>What the source calls this version, for <see cref="ConfigurationAgentSnapshot.Revision"/>.</summary>
    /// <value><see langword="null"/> if it has no name.</value>
    public string? Revision { get; }

    /// <summary>By what its source knows it again.</summary>
    internal object? Mark { get; private init; }

    /// <summary>Makes a version of JSON, which is read as <c>AddJsonFile</c> reads it: an object, with comments and trailing commas allowed.</summary>
    /// <param name="utf8">The text, as UTF-8; not copied.</param>
    /// <param name="revision">What the source calls it.</param>
    /// <returns>The version. Whether it is in order is found out when it is adopted.</returns>
    public static ConfigurationDocument FromJson(ReadOnlyMemory<byte> utf8, string? revision = null) => new(table => JsonKeys.Read(utf8.Span, table), revision);

    /// <inheritdoc cref="FromJson(ReadOnlyMemory{byte}, string?)"/>
    /// <param name="text">The text.</param>
    /// <param name="revision">What the source calls it.</param>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is <see langword="null"/>.</exception>
    public static ConfigurationDocument FromJson(string text, string? revision = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        return FromJson(Encoding.UTF8.GetBytes(text), revision);
    }

    /// <summary>Makes a version of keys and their values.</summary>
    /// <param name="keys">The keys, with <c>:</c> between their parts; each once, without regard to case.</param>
    /// <param name="revision">What the source calls it.</param>
    /// <returns>The version. Whether it is in order is found out when it is adopted.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="keys"/> is <see langword="null"/>.</exception>
    public static ConfigurationDocument FromKeys(IEnumerable<KeyValuePair<string, string?>> keys, string? revision = null)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return new ConfigurationDocument(
            table =>
            {
                foreach (var (key, value) in keys)
                {
                    table.Add(key ?? throw new DocumentRefusedException("it has a key that is null"), value);
                }
            },
            revision);
    }

    internal ConfigurationDocument MarkedBy(object? mark) => new(_fill, Revision) { Mark = mark };

    internal void Fill(KeyTableBuilder table) => _fill(table);
}
