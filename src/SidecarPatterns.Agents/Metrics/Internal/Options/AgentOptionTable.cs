using Microsoft.Extensions.Configuration;

namespace SidecarPatterns;

/// <summary>The options of one agent, a row for each of its properties.</summary>
/// <param name="section">The path of its section.</param>
/// <param name="rows">The rows.</param>
internal sealed class AgentOptionTable<TOptions>(string section, params IReadOnlyList<AgentOption<TOptions>> rows)
{
    public IReadOnlyList<AgentOption<TOptions>> Rows { get; } = rows;

    /// <summary>One error for every value that is not allowed.</summary>
    public IReadOnlyList<string> FindFailures(TOptions options) =>
        [.. Rows.Where(row => !row.IsAllowed(options)).Select(row => row.Describe(section, row.Show(options)))];

    /// <summary>One error for every value that the binder must not see, since it would throw or misread.</summary>
    /// <remarks>A key without a value, or with an empty one, counts as not set, as it does for the binder.</remarks>
    public IReadOnlyList<string> FindUnreadable(IConfiguration configuration) =>
    [
        .. Rows
            .Select(row => (Row: row, Key: configuration.GetSection(section).GetSection(row.Key)))
            .Where(static place => place.Row.IsList
                ? !string.IsNullOrEmpty(place.Key.Value)
                : place.Key.GetChildren().Any() || (!string.IsNullOrEmpty(place.Key.Value) && !place.Row.CanRead(place.Key.Value)))
            .Select(place => place.Row.Describe(section, string.IsNullOrEmpty(place.Key.Value) ? "a section of its own" : $"'{place.Key.Value}'")),
    ];

    /// <summary>One warning for every key that is no option, which is a typing error as a rule.</summary>
    public IReadOnlyList<string> FindUnknown(IConfiguration? configuration) =>
        configuration is null ? [] : [.. configuration.GetSection(section).GetChildren().Where(child => !IsKnown(child.Key)).Select(Describe)];

    private bool IsKnown(string key) => Rows.Any(row => row.Key.Equals(key, StringComparison.OrdinalIgnoreCase));

    private string Describe(IConfigurationSection child)
    {
        var nearest = Rows
            .Select(row => (row.Key, Distance: Distance(child.Key.ToUpperInvariant(), row.Key.ToUpperInvariant())))
            .MinBy(static near => near.Distance);
        return nearest.Distance <= Math.Max(1, child.Key.Length / 3)
            ? $"{child.Path} is not known; did you mean {nearest.Key}?"
            : $"{child.Path} is not known; known are {string.Join(", ", Rows.Select(static row => row.Key))}.";
    }

    // How many letters must be inserted, removed or replaced to make one of the other, after Levenshtein.
    private static int Distance(string left, string right)
    {
        int[] last = [.. Enumerable.Range(0, right.Length + 1)];
        for (var row = 1; row <= left.Length; row++)
        {
            var diagonal = last[0];
            last[0] = row;
            for (var column = 1; column <= right.Length; column++)
            {
                var replaced = diagonal + (left[row - 1] == right[column - 1] ? 0 : 1);
                diagonal = last[column];
                last[column] = Math.Min(replaced, Math.Min(diagonal, last[column - 1]) + 1);
            }
        }

        return last[^1];
    }
}
