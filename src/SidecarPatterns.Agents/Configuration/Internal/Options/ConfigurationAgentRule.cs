using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace SidecarPatterns;

/// <summary>What one option may be: as text in the configuration, and as a value once everything has set it.</summary>
/// <param name="Key">The name of the property, and of its key.</param>
/// <param name="Allowed">What is allowed, in words that fit behind "allowed is".</param>
/// <param name="TrySet">Sets it from a text; <see langword="false"/> if that is no value of its type.</param>
/// <param name="IsAllowed">Whether the value is allowed.</param>
/// <param name="Show">The value as it stands in a message.</param>
internal sealed record ConfigurationAgentRule(
    string Key,
    string Allowed,
    Func<ConfigurationAgentOptions, string, bool> TrySet,
    Predicate<ConfigurationAgentOptions> IsAllowed,
    Func<ConfigurationAgentOptions, string> Show)
{
    private const string DurationFormat = "[d.]hh:mm:ss[.fff]";

    /// <summary>Whether the values stand below the key, numbered from 0.</summary>
    public bool IsList { get; private init; }

    public static ConfigurationAgentRule Duration(
        string key, Func<ConfigurationAgentOptions, TimeSpan> get, Action<ConfigurationAgentOptions, TimeSpan> set, TimeSpan min, TimeSpan max) => new(
        key,
        $"a duration from {min:c} to {max:c}, written as {DurationFormat}",
        (options, text) => TryRead(text, value => set(options, value)),
        options => get(options) >= min && get(options) <= max,
        options => get(options).ToString("c", CultureInfo.InvariantCulture));

    public static ConfigurationAgentRule OptionalDuration(
        string key, Func<ConfigurationAgentOptions, TimeSpan?> get, Action<ConfigurationAgentOptions, TimeSpan> set, TimeSpan min, TimeSpan max) => new(
        key,
        $"nothing, or a duration from {min:c} to {max:c}, written as {DurationFormat}",
        (options, text) => TryRead(text, value => set(options, value)),
        options => get(options) is not { } value || (value >= min && value <= max),
        options => get(options)?.ToString("c", CultureInfo.InvariantCulture) ?? "nothing");

    public static ConfigurationAgentRule Number(
        string key, Func<ConfigurationAgentOptions, double> get, Action<ConfigurationAgentOptions, double> set, double min, double max) => new(
        key,
        string.Create(CultureInfo.InvariantCulture, $"a number from {min} to {max}"),
        (options, text) => Set(double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value), () => set(options, value)),
        options => get(options) >= min && get(options) <= max,
        options => get(options).ToString(CultureInfo.InvariantCulture));

    public static ConfigurationAgentRule WholeNumber(
        string key, Func<ConfigurationAgentOptions, int> get, Action<ConfigurationAgentOptions, int> set, int min, int max) => new(
        key,
        string.Create(CultureInfo.InvariantCulture, $"a whole number from {min:N0} to {max:N0}"),
        (options, text) => Set(int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value), () => set(options, value)),
        options => get(options) >= min && get(options) <= max,
        options => get(options).ToString(CultureInfo.InvariantCulture));

    public static ConfigurationAgentRule Switch(string key, Func<ConfigurationAgentOptions, bool> get, Action<ConfigurationAgentOptions, bool> set) => new(
        key,
        "true or false",
        (options, text) => Set(bool.TryParse(text, out var value), () => set(options, value)),
        static _ => true,
        options => get(options) ? "true" : "false");

    /// <summary>The path of a file, or none.</summary>
    public static ConfigurationAgentRule OptionalFile(
        string key, Func<ConfigurationAgentOptions, string?> get, Action<ConfigurationAgentOptions, string> set) => new(
        key,
        "nothing, or the path of a file",
        (options, text) => Set(true, () => set(options, text)),
        options => get(options) is not { } path
            || (!string.IsNullOrWhiteSpace(path) && !path.Contains('\0', StringComparison.Ordinal) && Path.GetFileName(path).Length > 0),
        options => get(options) is { } path ? $"'{path}'" : "nothing");

    public static ConfigurationAgentRule Texts(string key, string what, Func<ConfigurationAgentOptions, IList<string>> get) => new(
        key,
        $"a list of {what}, none of them empty",
        (options, text) => Set(true, () => get(options).Add(text)),
        options => get(options).All(static text => !string.IsNullOrWhiteSpace(text)),
        options => get(options) is { Count: > 0 } texts ? string.Join(", ", texts.Select(static text => $"'{text}'")) : "nothing")
    {
        IsList = true,
    };

    /// <summary>The error that names the key, what it is, and what is allowed.</summary>
    public string Describe(string section, string value) => $"{ConfigurationPath.Combine(section, Key)} is {value}; allowed is {Allowed}.";

    // As the options of sidecars are read: "10" would be ten days.
    private static bool TryRead(string text, Action<TimeSpan> set) => Set(
        TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var value) && text.Contains(':', StringComparison.Ordinal), () => set(value));

    private static bool Set(bool isRead, Action set)
    {
        if (isRead)
        {
            set();
        }

        return isRead;
    }
}
