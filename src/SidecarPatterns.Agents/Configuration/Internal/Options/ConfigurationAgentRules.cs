using Microsoft.Extensions.Configuration;
using Rule = SidecarPatterns.ConfigurationAgentRule;

namespace SidecarPatterns;

/// <summary>What <see cref="ConfigurationAgentOptions"/> may be, a row for each of its properties, by which they are bound as well.</summary>
internal static class ConfigurationAgentRules
{
    public static IReadOnlyList<Rule> All { get; } =
    [
        Rule.Duration(
            nameof(ConfigurationAgentOptions.Interval),
            static options => options.Interval,
            static (options, value) => options.Interval = value,
            ConfigurationAgentConstants.MinInterval,
            ConfigurationAgentConstants.MaxInterval),
        Rule.Number(nameof(ConfigurationAgentOptions.Jitter), static options => options.Jitter, static (options, value) => options.Jitter = value, 0, 1),
        Rule.OptionalDuration(
            nameof(ConfigurationAgentOptions.LongPoll),
            static options => options.LongPoll,
            static (options, value) => options.LongPoll = value,
            ConfigurationAgentConstants.MinLongPoll,
            ConfigurationAgentConstants.MaxLongPoll),
        Rule.Duration(
            nameof(ConfigurationAgentOptions.StartupTimeout),
            static options => options.StartupTimeout,
            static (options, value) => options.StartupTimeout = value,
            TimeSpan.FromTicks(1),
            ConfigurationAgentConstants.MaxStartupTimeout),
        Rule.Switch(nameof(ConfigurationAgentOptions.Optional), static options => options.Optional, static (options, value) => options.Optional = value),
        Rule.OptionalFile(nameof(ConfigurationAgentOptions.CopyFile), static options => options.CopyFile, static (options, value) => options.CopyFile = value),
        Rule.WholeNumber(
            nameof(ConfigurationAgentOptions.MaxSize),
            static options => options.MaxSize,
            static (options, value) => options.MaxSize = value,
            ConfigurationAgentConstants.MinMaxSize,
            ConfigurationAgentConstants.MaxMaxSize),
        Rule.Switch(
            nameof(ConfigurationAgentOptions.AnyContentType),
            static options => options.AnyContentType,
            static (options, value) => options.AnyContentType = value),
        Rule.Duration(
            nameof(ConfigurationAgentOptions.SettleTime),
            static options => options.SettleTime,
            static (options, value) => options.SettleTime = value,
            TimeSpan.Zero,
            ConfigurationAgentConstants.MaxSettleTime),
        Rule.Texts(nameof(ConfigurationAgentOptions.Secrets), "patterns of keys", static options => options.Secrets),
    ];

    /// <summary>Sets options from their section.</summary>
    /// <returns>One error for every value that can not be read.</returns>
    public static IReadOnlyList<string> Bind(IConfigurationSection section, ConfigurationAgentOptions options) =>
        [.. All.SelectMany(rule => rule.IsList ? BindList(section, rule, options) : BindValue(section, rule, options))];

    /// <summary>One error for every value that is not allowed.</summary>
    public static IReadOnlyList<string> FindFailures(string section, ConfigurationAgentOptions options) =>
        [.. All.Where(rule => !rule.IsAllowed(options)).Select(rule => rule.Describe(section, rule.Show(options)))];

    /// <summary>One warning for every key that is no option, which is a typing error as a rule.</summary>
    public static IReadOnlyList<string> FindUnknown(IConfigurationSection section) =>
        [.. section.GetChildren().Where(static child => !All.Any(rule => rule.Key.Equals(child.Key, StringComparison.OrdinalIgnoreCase))).Select(Describe)];

    // A key without a value, or with an empty one, counts as not set, as it does for the binder.
    private static IEnumerable<string> BindValue(IConfigurationSection section, Rule rule, ConfigurationAgentOptions options)
    {
        var key = section.GetSection(rule.Key);
        if (string.IsNullOrEmpty(key.Value))
        {
            return key.GetChildren().Any() ? [rule.Describe(section.Path, "a section of its own")] : [];
        }

        return rule.TrySet(options, key.Value) ? [] : [rule.Describe(section.Path, $"'{key.Value}'")];
    }

    private static IEnumerable<string> BindList(IConfigurationSection section, Rule rule, ConfigurationAgentOptions options)
    {
        var key = section.GetSection(rule.Key);
        if (!string.IsNullOrEmpty(key.Value))
        {
            return [rule.Describe(section.Path, $"'{key.Value}'")];
        }

        foreach (var place in key.GetChildren())
        {
            rule.TrySet(options, place.Value ?? "");
        }

        return [];
    }

    private static string Describe(IConfigurationSection child)
    {
        var key = child.Key.ToUpperInvariant();
        var (nearest, distance) = All.Select(rule => (rule.Key, Distance(key, rule.Key.ToUpperInvariant()))).MinBy(static near => near.Item2);
        return distance <= Math.Max(1, child.Key.Length / 3)
            ? $"{child.Path} is not known; did you mean {nearest}?"
            : $"{child.Path} is not known; known are {string.Join(", ", All.Select(static rule => rule.Key))}.";
    }

    // How many letters must be inserted, removed or replaced to make one of the other, after Levenshtein.
    private static int Distance(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
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
