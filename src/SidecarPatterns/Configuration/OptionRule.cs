using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace SidecarPatterns;

/// <summary>What one option may be: as text in the configuration, and as a value once everything has set it.</summary>
/// <remarks>
/// Every text that a rule reads is read by the configuration binder too, as the same value; the reverse does not hold. The binder
/// takes <c>10</c> for ten days, <c>24:00:00</c> for twenty-four days and <c>7</c> for a member of any enumeration: a rule refuses these.
/// </remarks>
internal sealed partial class OptionRule<TOptions>
{
    private const string DurationFormat = "[d.]hh:mm:ss[.fff]";

    private readonly Predicate<string> _canRead;
    private readonly Predicate<string> _allowsText;
    private readonly Predicate<TOptions> _allows;
    private readonly Func<TOptions, string> _show;
    private OptionRule(
        string key, string allowed, Predicate<string> canRead, Predicate<string> allowsText, Predicate<TOptions> allows, Func<TOptions, string> show)
    {
        Key = key;
        Allowed = allowed;
        _canRead = canRead;
        _allowsText = allowsText;
        _allows = allows;
        _show = show;
    }

    private delegate bool Reader<TValue>(string text, out TValue value);

    /// <summary>The name of the property, and of its key below the section of the options.</summary>
    public string Key { get; }

    /// <summary>Whether the values stand below the key, numbered from 0.</summary>
    public bool IsList { get; private init; }

    /// <summary>Whether the values stand below the key, by names of any kind.</summary>
    public bool IsMap { get; private init; }

    /// <summary>The rules of what stands in a list of sections; <see langword="null"/> for any other option.</summary>
    public IOptionList<TOptions>? List { get; private init; }

    /// <summary>What is allowed, in words that fit behind "allowed is".</summary>
    public string Allowed { get; }

    /// <summary>Copies what can not change while the host runs; <see langword="null"/> where it can.</summary>
    public Action<TOptions, TOptions>? Keep { get; private init; }

    /// <summary>What tells one value from another where that is not to be shown; <see langword="null"/> where what is shown does.</summary>
    public Func<TOptions, string>? Digest { get; private init; }

    /// <summary>The same rule, for an option that can not change while the host runs.</summary>
    /// <param name="keep">Copies the value from the first to the second.</param>
    public OptionRule<TOptions> Fixed(Action<TOptions, TOptions> keep) =>
        new(Key, Allowed, _canRead, _allowsText, _allows, _show) { IsList = IsList, IsMap = IsMap, Digest = Digest, Keep = keep };

    /// <summary>A rule for a whole number, both limits included.</summary>
    public static OptionRule<TOptions> WholeNumber(string key, Func<TOptions, int> get, int min, int max) =>
        Create(
            key,
            string.Create(CultureInfo.InvariantCulture, $"a whole number from {min:N0} to {max:N0}"),
            get,
            static (text, out value) => int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out value),
            value => value >= min && value <= max,
            static value => value.ToString(CultureInfo.InvariantCulture));

    /// <summary>A rule for a whole number, both limits included, or <see langword="null"/> for no limit.</summary>
    public static OptionRule<TOptions> OptionalWholeNumber(string key, Func<TOptions, long?> get, long min, long max) =>
        Create(
            key,
            string.Create(CultureInfo.InvariantCulture, $"nothing, for no limit, or a whole number from {min:N0} to {max:N0}"),
            get,
            static (string text, out long? value) =>
            {
                var isRead = long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number);
                value = number;
                return isRead;
            },
            value => value is null || (value >= min && value <= max),
            static value => value?.ToString(CultureInfo.InvariantCulture) ?? "nothing");

    /// <summary>A rule for a duration, both limits included.</summary>
    public static OptionRule<TOptions> Duration(string key, Func<TOptions, TimeSpan> get, TimeSpan min, TimeSpan max) =>
        Create(
            key,
            $"a duration from {Show(min)} to {Show(max)}, written as {DurationFormat}",
            get,
            TryReadDuration,
            value => value >= min && value <= max,
            Show);

    /// <summary>A rule for a duration that is more than zero.</summary>
    public static OptionRule<TOptions> PositiveDuration(string key, Func<TOptions, TimeSpan> get, TimeSpan max) =>
        Create(key, DescribePositive(max), get, TryReadDuration, value => IsPositive(value, max), Show);

    /// <summary>A rule for a duration that is more than zero, or <see langword="null"/> for what <paramref name="nothing"/> says.</summary>
    public static OptionRule<TOptions> OptionalPositiveDuration(
        string key, Func<TOptions, TimeSpan?> get, TimeSpan max, string nothing = "for no limit") =>
        Create(
            key,
            $"nothing, {nothing}, or {DescribePositive(max)}",
            get,
            static (string text, out TimeSpan? value) =>
            {
                var isRead = TryReadDuration(text, out var duration);
                value = duration;
                return isRead;
            },
            value => value is null || IsPositive(value.Value, max),
            static value => value is null ? "nothing" : Show(value.Value));

    /// <summary>A rule for a number that is more than zero, or <see langword="null"/> for no limit.</summary>
    public static OptionRule<TOptions> OptionalPositiveNumber(string key, Func<TOptions, double?> get, double max) =>
        Create(
            key,
            string.Create(CultureInfo.InvariantCulture, $"nothing, for no limit, or a number above 0, up to {max:N0}"),
            get,
            static (string text, out double? value) =>
            {
                var isRead = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number);
                value = number;
                return isRead;
            },
            value => value is null || (value > 0 && value <= max),
            static value => value?.ToString(CultureInfo.InvariantCulture) ?? "nothing");

    /// <summary>A rule for a part of a whole: more than nothing, up to all of it.</summary>
    public static OptionRule<TOptions> Fraction(string key, Func<TOptions, double> get) =>
        Create(
            key,
            "a number above 0, up to 1",
            get,
            static (text, out value) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value),
            static value => value is > 0 and <= 1,
            static value => value.ToString(CultureInfo.InvariantCulture));

    /// <summary>A rule for a number that is more than zero.</summary>
    public static OptionRule<TOptions> PositiveNumber(string key, Func<TOptions, double> get, double max) =>
        Create(
            key,
            string.Create(CultureInfo.InvariantCulture, $"a number above 0, up to {max:N0}"),
            get,
            static (text, out value) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value),
            value => value > 0 && value <= max,
            static value => value.ToString(CultureInfo.InvariantCulture));

    /// <summary>A rule for a number, both limits included.</summary>
    public static OptionRule<TOptions> Number(string key, Func<TOptions, double> get, double min, double max) =>
        Create(
            key,
            string.Create(CultureInfo.InvariantCulture, $"a number from {min:N0} to {max:N0}"),
            get,
            static (text, out value) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value),
            value => value >= min && value <= max,
            static value => value.ToString(CultureInfo.InvariantCulture));

    /// <summary>A rule for a member of an enumeration, by its name without regard to case.</summary>
    public static OptionRule<TOptions> Choice<TEnum>(string key, Func<TOptions, TEnum> get)
        where TEnum : struct, Enum
    {
        var names = Enum.GetNames<TEnum>();
        return Create(
            key,
            names.Length == 1 ? names[0] : $"{string.Join(", ", names[..^1])} or {names[^1]}",
            get,
            (text, out value) =>
                Enum.TryParse(text, ignoreCase: true, out value) && names.Contains(text.Trim(), StringComparer.OrdinalIgnoreCase),
            Enum.IsDefined,
            static value => value.ToString());
    }

    /// <summary>A rule for the name of something, or <see langword="null"/> for none.</summary>
    public static OptionRule<TOptions> OptionalName(string key, Func<TOptions, string?> get) =>
        Create(
            key,
            "nothing, or a name",
            get,
            static (string text, out string? value) =>
            {
                value = text;
                return true;
            },
            static value => value is null || !string.IsNullOrWhiteSpace(value),
            static value => value is null ? "nothing" : $"'{value}'");

    /// <summary>A rule for a switch; every value of it is allowed, but not every text.</summary>
    public static OptionRule<TOptions> Switch(string key, Func<TOptions, bool> get) =>
        Create(key, "true or false", get, bool.TryParse, static _ => true, static value => value ? "true" : "false");

    /// <summary>Whether a text of the configuration is a value of the option's type, allowed or not.</summary>
    public bool CanRead(string text) => _canRead(text);

    /// <summary>Whether a text of the configuration is a value that is allowed.</summary>
    public bool Allows(string text) => _allowsText(text);

    /// <summary>Whether the value that the options hold is allowed.</summary>
    public bool Allows(TOptions options) => _allows(options);

    /// <summary>The value that the options hold, as it stands in a message.</summary>
    public string Show(TOptions options) => _show(options);

    /// <summary>The error that names the key, what it is, and what is allowed.</summary>
    public string Describe(string section, string value) => $"{ConfigurationPath.Combine(section, Key)} is {value}; allowed is {Allowed}.";

    private static OptionRule<TOptions> Create<TValue>(
        string key,
        string allowed,
        Func<TOptions, TValue> get,
        Reader<TValue> tryRead,
        Predicate<TValue> isAllowed,
        Func<TValue, string> show,
        Func<TValue, string>? digest = null,
        bool isList = false,
        bool isMap = false) =>
        new(
            key,
            allowed,
            text => tryRead(text, out _),
            text => tryRead(text, out var value) && isAllowed(value),
            options => isAllowed(get(options)),
            options => show(get(options)))
        {
            IsList = isList,
            IsMap = isMap,
            Digest = digest is null ? null : options => digest(get(options)),
        };

    // As the binder reads it, but only where the constant format says the same: that has no hours beyond 23 which turn into days.
    // It has "10" for ten days, hence the colon.
    private static bool TryReadDuration(string text, out TimeSpan value)
    {
        value = default;
        return text.Contains(':', StringComparison.Ordinal)
            && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out value)
            && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var constant)
            && constant == value;
    }

    private static bool IsPositive(TimeSpan value, TimeSpan max) => value > TimeSpan.Zero && value <= max;

    private static string DescribePositive(TimeSpan max) =>
        $"a duration above {Show(TimeSpan.Zero)}, up to {Show(max)}, written as {DurationFormat}";

    private static string Show(TimeSpan value) => value.ToString("c", CultureInfo.InvariantCulture);
}
