using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace SidecarPatterns;

/// <summary>One option of the log agent: how it reads, what is allowed, how it is shown.</summary>
/// <param name="Key">Its key below the agent's section.</param>
/// <param name="Allowed">What is allowed, in words that fit behind "allowed is".</param>
/// <param name="Reads">Whether a text of the configuration is a value of its type.</param>
/// <param name="Allows">Whether the value that the options hold is allowed.</param>
/// <param name="Show">The value that the options hold, as text.</param>
internal sealed record LogSidecarOption(
    string Key, string Allowed, Predicate<string> Reads, Predicate<LogSidecarOptions> Allows, Func<LogSidecarOptions, string> Show)
{
    public static LogSidecarOption Switch(string key, Func<LogSidecarOptions, bool> get) => new(
        key, "true or false", static text => bool.TryParse(text, out _), static _ => true, options => get(options) ? "true" : "false");

    public static LogSidecarOption Number(string key, Func<LogSidecarOptions, long> get, long min, long max) => new(
        key,
        string.Create(CultureInfo.InvariantCulture, $"a whole number from {min:N0} to {max:N0}"),
        text => long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max,
        options => get(options) >= min && get(options) <= max,
        options => get(options).ToString(CultureInfo.InvariantCulture));

    public static LogSidecarOption OptionalDuration(string key, Func<LogSidecarOptions, TimeSpan?> get, TimeSpan max) => new(
        key,
        $"nothing, for no limit, or a duration above 00:00:00, up to {max:c}, written as [d.]hh:mm:ss[.fff]",
        static text => text.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out _),
        options => get(options) is not { } value || (value > TimeSpan.Zero && value <= max),
        options => get(options) is { } value ? value.ToString("c", CultureInfo.InvariantCulture) : "nothing");

    /// <summary>The error of a value that is not allowed.</summary>
    public string Describe(string value) => $"{ConfigurationPath.Combine(LogSidecarConstants.SectionName, Key)} is {value}; allowed is {Allowed}.";
}
