using Microsoft.Extensions.Configuration;

namespace SidecarPatterns;

/// <summary>Finds what stands below a section and is read by nobody, which is a typing error as a rule.</summary>
/// <param name="section">The section, below which each has one of its own.</param>
/// <param name="kind">What those are, in a message.</param>
/// <param name="keys">The keys that each may have.</param>
internal sealed class ConfigurationCheck(string section, string kind, IReadOnlyList<string> keys)
{
    private const int MaxListed = 50;

    /// <summary>One warning for every section that names nothing of that kind, and for every key of a named one that is no option.</summary>
    /// <param name="configuration">The configuration, if there is one.</param>
    /// <param name="names">The names that are registered.</param>
    public IReadOnlyList<string> FindUnknown(IConfiguration? configuration, IReadOnlyCollection<string> names)
    {
        if (configuration is null)
        {
            return [];
        }

        var known = names.ToHashSet(StringComparer.OrdinalIgnoreCase);
        return
        [
            .. configuration.GetSection(section).GetChildren().SelectMany(named =>
                known.Contains(named.Key) ? FindUnknownKeys(named) : [DescribeSection(named, names)]),
        ];
    }

    private IEnumerable<string> FindUnknownKeys(IConfigurationSection named) =>
        string.IsNullOrEmpty(named.Value)
            ? FindUnknownKeys(named, parent: null)
            : FindUnknownKeys(named, parent: null).Prepend(DescribeValue(named));

    private IEnumerable<string> FindUnknownKeys(IConfigurationSection named, string? parent) =>
        named.GetChildren().SelectMany(child =>
        {
            var key = parent is null ? child.Key : ConfigurationPath.Combine(parent, child.Key);
            return IsKnown(key) ? FindUnknownKeys(child, key) : [DescribeKey(child.Path, key)];
        });

    // A key that others stand below is known as they are; the places of a list are known by the first.
    private bool IsKnown(string key)
    {
        var first = string.Join(
            ConfigurationPath.KeyDelimiter,
            key.Split(ConfigurationPath.KeyDelimiter).Select(static (part, i) => i > 0 && part.All(char.IsAsciiDigit) ? "0" : part));
        return keys.Any(known =>
            (known.EndsWith(":*", StringComparison.Ordinal) && key.StartsWith(known[..^1], StringComparison.OrdinalIgnoreCase))
            || known.Equals(first, StringComparison.OrdinalIgnoreCase)
            || known.StartsWith(first + ConfigurationPath.KeyDelimiter, StringComparison.OrdinalIgnoreCase));
    }

    private string DescribeValue(IConfigurationSection named) =>
        $"{named.Path} is '{named.Value}', which is not used; known keys below it are {List(keys)}.";

    private string DescribeKey(string path, string key) =>
        NearestName.Find(key, keys) is { } nearest
            ? $"{path} is not known; did you mean {nearest}?"
            : $"{path} is not known; known are {List(keys)}.";

    private string DescribeSection(IConfigurationSection named, IReadOnlyCollection<string> names) =>
        NearestName.Find(named.Key, names) is { } nearest
            ? $"{named.Path} names no {kind}; did you mean {nearest}?"
            : $"{named.Path} names no {kind}; {(names.Count == 0 ? "none is registered" : $"registered are {List(names)}")}.";

    private static string List(IReadOnlyCollection<string> names) =>
        names.Count <= MaxListed
            ? string.Join(", ", names)
            : $"{string.Join(", ", names.Take(MaxListed))} and {names.Count - MaxListed} more";
}
