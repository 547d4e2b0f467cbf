using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace SidecarPatterns;

/// <summary>What one option of an agent may be: as text in the configuration, and as a value once everything has set it.</summary>
/// <param name="Key">The name of the property, and of its key.</param>
/// <param name="Allowed">What is allowed, in words that fit behind "allowed is".</param>
/// <param name="CanRead">Whether a text is a value of its type.</param>
/// <param name="IsAllowed">Whether the value that options hold is allowed.</param>
/// <param name="Show">That value as it stands in a message.</param>
internal sealed record AgentOption<TOptions>(string Key, string Allowed, Predicate<string> CanRead, Predicate<TOptions> IsAllowed, Func<TOptions, string> Show)
{
    /// <summary>Whether the values stand below the key, numbered from 0.</summary>
    public bool IsList { get; private init; }

    public static AgentOption<TOptions> WholeNumber(string key, Func<TOptions, long> get, long min, long max) => new(
        key,
        string.Create(CultureInfo.InvariantCulture, $"a whole number from {min:N0} to {max:N0}"),
        text => long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max,
        options => get(options) >= min && get(options) <= max,
        options => get(options).ToString(CultureInfo.InvariantCulture));

    // As the sidecars' options read it: "10" would be ten days, and "24:00:00" twenty-four.
    public static AgentOption<TOptions> Duration(string key, Func<TOptions, TimeSpan> get, TimeSpan min, TimeSpan max) => new(
        key,
        $"a duration from {min:c} to {max:c}, written as [d.]hh:mm:ss[.fff]",
        static text => text.Contains(':', StringComparison.Ordinal)
            && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var value)
            && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var constant) && constant == value,
        options => get(options) >= min && get(options) <= max,
        options => get(options).ToString("c", CultureInfo.InvariantCulture));

    public static AgentOption<TOptions> Switch(string key, Func<TOptions, bool> get) => new(
        key, "true or false", static text => bool.TryParse(text, out _), static _ => true, options => get(options) ? "true" : "false");

    /// <summary>The path of a file, or none.</summary>
    public static AgentOption<TOptions> OptionalFile(string key, Func<TOptions, string?> get) => new(
        key,
        "nothing, or the path of a file",
        static _ => true,
        options => get(options) is not { } path || IsFile(path),
        options => get(options) is { } path ? $"'{path}'" : "nothing");

    public static AgentOption<TOptions> Names(string key, Func<TOptions, IList<string>> get, string what) => new(
        key,
        $"a list of {what}, none of them empty",
        static text => text.Length == 0, // They stand below the key.
        options => get(options).All(static name => !string.IsNullOrWhiteSpace(name)),
        options => get(options) is { Count: > 0 } names ? string.Join(", ", names.Select(static name => $"'{name}'")) : "nothing")
    {
        IsList = true,
    };

    /// <summary>The error that names the key, what it is, and what is allowed.</summary>
    public string Describe(string section, string value) => $"{ConfigurationPath.Combine(section, Key)} is {value}; allowed is {Allowed}.";

    private static bool IsFile(string path) =>
        !string.IsNullOrWhiteSpace(path) && !path.Contains('\0', StringComparison.Ordinal) && Path.GetFileName(path).Length > 0 && !Directory.Exists(path);
}
