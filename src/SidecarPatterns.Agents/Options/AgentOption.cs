using System.Globalization;
using System.Numerics;
using Microsoft.Extensions.Configuration;

namespace SidecarPatterns;

/// <summary>One option of an agent: how a text of the configuration is read, what is allowed, how it is shown.</summary>
/// <typeparam name="TOptions">The options of the agent, whose fresh instance has the default.</typeparam>
internal sealed class AgentOption<TOptions>
{
    private const string DurationFormat = "[d.]hh:mm:ss[.fff]";

    private readonly Func<TOptions, string, bool> _trySet;
    private readonly Predicate<TOptions> _isAllowed;
    private readonly Func<TOptions, string> _show;

    private AgentOption(string key, string allowed, Func<TOptions, string, bool> trySet, Predicate<TOptions> isAllowed, Func<TOptions, string> show)
    {
        (Key, Allowed) = (key, allowed);
        (_trySet, _isAllowed, _show) = (trySet, isAllowed, show);
    }

    private delegate bool Reader<TValue>(string text, out TValue value);

    /// <summary>Its key below the section of the agent; <c>:</c> stands in it as it does in the configuration.</summary>
    public string Key { get; }

    /// <summary>What is allowed, in words that fit behind "allowed is".</summary>
    public string Allowed { get; }

    /// <summary>Whether the values stand below the key, numbered from 0.</summary>
    public bool IsList { get; private init; }

    public static AgentOption<TOptions> Switch(string key, Func<TOptions, bool> get, Action<TOptions, bool> set) =>
        Create(key, "true or false", get, set, bool.TryParse, static _ => true, static value => value ? "true" : "false");

    /// <summary>A whole number, both limits included.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="get">Gets it.</param>
    /// <param name="set">Sets it.</param>
    /// <param name="min">The least.</param>
    /// <param name="max">The most.</param>
    /// <param name="isBoundOutOfRange">Whether one beyond its limits is refused once the callback of the registration was called, which may correct it.</param>
    public static AgentOption<TOptions> WholeNumber<TNumber>(
        string key, Func<TOptions, TNumber> get, Action<TOptions, TNumber> set, TNumber min, TNumber max, bool isBoundOutOfRange = false)
        where TNumber : struct, IBinaryInteger<TNumber> =>
        Create(
            key,
            string.Create(CultureInfo.InvariantCulture, $"a whole number from {min:N0} to {max:N0}"),
            get,
            set,
            (text, out value) => TNumber.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out value)
                && (isBoundOutOfRange || (value >= min && value <= max)),
            value => value >= min && value <= max,
            static value => value.ToString(format: null, CultureInfo.InvariantCulture));

    /// <summary>A number, both limits included.</summary>
    public static AgentOption<TOptions> Number(string key, Func<TOptions, double> get, Action<TOptions, double> set, double min, double max) =>
        Create(
            key,
            string.Create(CultureInfo.InvariantCulture, $"a number from {min} to {max}"),
            get,
            set,
            static (text, out value) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value),
            value => value >= min && value <= max,
            static value => value.ToString(CultureInfo.InvariantCulture));

    /// <summary>A duration, both limits included.</summary>
    public static AgentOption<TOptions> Duration(
        string key, Func<TOptions, TimeSpan> get, Action<TOptions, TimeSpan> set, TimeSpan min, TimeSpan max) =>
        Create(key, DescribeDuration(min, max), get, set, TryReadDuration, value => value >= min && value <= max, Show);

    /// <summary>A duration, both limits included, or none.</summary>
    public static AgentOption<TOptions> OptionalDuration(
        string key, Func<TOptions, TimeSpan?> get, Action<TOptions, TimeSpan?> set, TimeSpan min, TimeSpan max) =>
        Create(
            key,
            $"nothing, or {DescribeDuration(min, max)}",
            get,
            set,
            TryReadOptionalDuration,
            value => value is null || (value >= min && value <= max),
            Show);

    /// <summary>A duration that is more than zero, or none.</summary>
    public static AgentOption<TOptions> OptionalPositiveDuration(
        string key, Func<TOptions, TimeSpan?> get, Action<TOptions, TimeSpan?> set, TimeSpan max) =>
        Create(
            key,
            $"nothing, for no limit, or a duration above {Show(TimeSpan.Zero)}, up to {Show(max)}, written as {DurationFormat}",
            get,
            set,
            TryReadOptionalDuration,
            value => value is null || (value > TimeSpan.Zero && value <= max),
            Show);

    /// <summary>A text.</summary>
    public static AgentOption<TOptions> Text(
        string key, string allowed, Func<TOptions, string?> get, Action<TOptions, string> set, Predicate<string?> isAllowed) =>
        Create(
            key,
            allowed,
            get,
            (options, value) => set(options, value!),
            static (string text, out string? value) =>
            {
                value = text;
                return true;
            },
            isAllowed,
            static value => value is null ? "nothing" : $"'{value}'");

    /// <summary>The path of a file, or none.</summary>
    public static AgentOption<TOptions> OptionalFile(
        string key, Func<TOptions, string?> get, Action<TOptions, string> set, Predicate<string>? isAllowed = null) =>
        Text(
            key,
            "nothing, or the path of a file",
            get,
            set,
            value => value is null || (IsFile(value) && isAllowed?.Invoke(value) != false));

    /// <summary>Texts, none of them empty.</summary>
    public static AgentOption<TOptions> Texts(string key, string what, Func<TOptions, IList<string>> get) => new(
        key,
        $"a list of {what}, none of them empty",
        (options, text) =>
        {
            get(options).Add(text);
            return true;
        },
        options => get(options).All(static text => !string.IsNullOrWhiteSpace(text)),
        options => get(options) is { Count: > 0 } texts ? string.Join(", ", texts.Select(static text => $"'{text}'")) : "nothing")
    {
        IsList = true,
    };

    /// <summary>Sets it from a text of the configuration; for a list, adds that.</summary>
    /// <returns>Whether the text is a value.</returns>
    public bool TrySet(TOptions options, string text) => _trySet(options, text);

    /// <summary>Whether the value that the options hold is allowed.</summary>
    public bool Allows(TOptions options) => _isAllowed(options);

    /// <summary>The value that the options hold, as it stands in a message and in the README.</summary>
    public string Show(TOptions options) => _show(options);

    /// <summary>The error that names the key, what it is, and what is allowed.</summary>
    public string Describe(string section, string value) => $"{ConfigurationPath.Combine(section, Key)} is {value}; allowed is {Allowed}.";

    private static AgentOption<TOptions> Create<TValue>(
        string key,
        string allowed,
        Func<TOptions, TValue> get,
        Action<TOptions, TValue> set,
        Reader<TValue> tryRead,
        Predicate<TValue> isAllowed,
        Func<TValue, string> show) => new(
        key,
        allowed,
        (options, text) =>
        {
            var isRead = tryRead(text, out var value);
            if (isRead)
            {
                set(options, value);
            }

            return isRead;
        },
        options => isAllowed(get(options)),
        options => show(get(options)));

    private static bool IsFile(string path) =>
        !string.IsNullOrWhiteSpace(path) && !path.Contains('\0', StringComparison.Ordinal) && Path.GetFileName(path).Length > 0;

    // As the options of sidecars are read: "10" would be ten days.
    private static bool TryReadDuration(string text, out TimeSpan value) =>
        TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out value) && text.Contains(':', StringComparison.Ordinal);

    private static bool TryReadOptionalDuration(string text, out TimeSpan? value)
    {
        var isRead = TryReadDuration(text, out var duration);
        value = duration;
        return isRead;
    }

    private static string DescribeDuration(TimeSpan min, TimeSpan max) => $"a duration from {Show(min)} to {Show(max)}, written as {DurationFormat}";

    private static string Show(TimeSpan value) => value.ToString("c", CultureInfo.InvariantCulture);

    private static string Show(TimeSpan? value) => value is { } duration ? Show(duration) : "nothing";
}
