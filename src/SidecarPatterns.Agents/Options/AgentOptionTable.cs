using Microsoft.Extensions.Configuration;

namespace SidecarPatterns;

/// <summary>The options of one agent, a row each: by these they are bound, checked, told of and shown.</summary>
/// <param name="rows">The rows, in the order of the README.</param>
internal sealed class AgentOptionTable<TOptions>(params IReadOnlyList<AgentOption<TOptions>> rows)
{
    public IReadOnlyList<AgentOption<TOptions>> Rows { get; } = rows;

    /// <summary>Sets options from their section.</summary>
    /// <param name="section">The section.</param>
    /// <param name="path">Its path, for the messages.</param>
    /// <param name="options">The options.</param>
    /// <returns>One error for every value that can not be read.</returns>
    /// <remarks>A key without a value, or with an empty one, counts as not set, as it does for the options of sidecars.</remarks>
    public IReadOnlyList<string> Bind(IConfiguration section, string path, TOptions options)
    {
        var present = section.GetChildren().Select(static child => child.Key).ToHashSet(StringComparer.OrdinalIgnoreCase);
        List<string> failures = [];
        foreach (var row in Rows)
        {
            if (present.Contains(FirstPartOf(row.Key)) && Bind(section.GetSection(row.Key), row, options) is { } value)
            {
                failures.Add(row.Describe(path, value));
            }
        }

        return failures;
    }

    /// <summary>One error for every value that is not allowed, once everything has set them.</summary>
    public IReadOnlyList<string> FindFailures(string path, TOptions options) =>
        [.. Rows.Where(row => !row.Allows(options)).Select(row => row.Describe(path, row.Show(options)))];

    /// <summary>One warning for every key that is no option, which is a typing error as a rule.</summary>
    /// <param name="section">The section.</param>
    /// <param name="path">Its path, for the messages.</param>
    /// <param name="others">What somebody else reads there.</param>
    public IReadOnlyList<string> FindUnknown(IConfiguration section, string path, params IReadOnlyList<string> others)
    {
        var unused = (section as IConfigurationSection)?.Value is { Length: > 0 } value
            ? [$"{path} is '{value}', which is not used; known keys below it are {ListKeys()}."]
            : Array.Empty<string>();
        return [.. unused, .. FindUnknown(section, path, parent: null, others)];
    }

    /// <returns>What it is, if that can not be read.</returns>
    private static string? Bind(IConfigurationSection key, AgentOption<TOptions> row, TOptions options)
    {
        if (string.IsNullOrEmpty(key.Value))
        {
            return row.IsList ? BindList(key, row, options) : key.GetChildren().Any() ? "a section of its own" : null;
        }

        return !row.IsList && row.TrySet(options, key.Value) ? null : $"'{key.Value}'";
    }

    private static string? BindList(IConfigurationSection key, AgentOption<TOptions> row, TOptions options)
    {
        foreach (var place in key.GetChildren())
        {
            row.TrySet(options, place.Value ?? "");
        }

        return null;
    }

    private IEnumerable<string> FindUnknown(IConfiguration section, string path, string? parent, IReadOnlyList<string> others)
    {
        foreach (var child in section.GetChildren())
        {
            var key = parent is null ? child.Key : ConfigurationPath.Combine(parent, child.Key);
            if (Rows.Any(row => row.Key.Equals(key, StringComparison.OrdinalIgnoreCase)) || others.Contains(key, StringComparer.OrdinalIgnoreCase))
            {
                continue;
            }

            if (!Rows.Any(row => row.Key.StartsWith(key + ConfigurationPath.KeyDelimiter, StringComparison.OrdinalIgnoreCase)))
            {
                yield return Describe(path, key);
                continue;
            }

            foreach (var problem in FindUnknown(child, path, key, others))
            {
                yield return problem;
            }
        }
    }

    private string Describe(string path, string key) => NearestName.Find(key, Rows.Select(static row => row.Key)) is { } nearest
        ? $"{ConfigurationPath.Combine(path, key)} is not known; did you mean {nearest}?"
        : $"{ConfigurationPath.Combine(path, key)} is not known; known are {ListKeys()}.";

    private string ListKeys() => string.Join(", ", Rows.Select(static row => row.Key));

    private static string FirstPartOf(string key) =>
        key.IndexOf(ConfigurationPath.KeyDelimiter, StringComparison.Ordinal) is var end and > 0 ? key[..end] : key;
}
