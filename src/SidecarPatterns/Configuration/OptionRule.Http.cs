using System.Globalization;

namespace SidecarPatterns;

/// <content>The rules for what HTTP knows: addresses, the names of headers, sets of flags.</content>
internal sealed partial class OptionRule<TOptions>
{
    // RFC 9110, section 5.6.2, beside letters and digits.
    private const string TokenSigns = "!#$%&'*+-.^_`|~";

    /// <summary>A rule for an address to which requests can be sent, or <see langword="null"/> for none.</summary>
    public static OptionRule<TOptions> OptionalHttpAddress(string key, Func<TOptions, Uri?> get) =>
        Create(
            key,
            "nothing, or an absolute address with http or https, without user info",
            get,
            static (string text, out Uri? value) => Uri.TryCreate(text, UriKind.RelativeOrAbsolute, out value),
            IsHttpAddress,
            static value => value is null ? "nothing" : IsHttpAddress(value) ? $"'{value.GetLeftPart(UriPartial.Authority)}'" : "an address that is not shown",
            digest: static value => value?.OriginalString ?? ""); // A path can be a secret, as that of a webhook is.

    /// <summary>A rule for the address of a server, behind which paths are put.</summary>
    public static OptionRule<TOptions> ServerAddress(string key, Func<TOptions, Uri?> get) =>
        Create(
            key,
            "an absolute address with http or https, without user info, query and fragment",
            get,
            static (string text, out Uri? value) => Uri.TryCreate(text, UriKind.RelativeOrAbsolute, out value),
            static value => value is not null && IsHttpAddress(value) && value.Query.Length == 0 && value.Fragment.Length == 0,
            static value => value is null ? "nothing" : IsHttpAddress(value) ? $"'{value.GetLeftPart(UriPartial.Path)}'" : "an address that is not shown");

    /// <summary>A rule for a path of a request, with a query if need be, or <see langword="null"/> for none.</summary>
    public static OptionRule<TOptions> OptionalPath(string key, Func<TOptions, string?> get) =>
        Create(
            key,
            "nothing, or a path that begins with '/', without fragment and control characters",
            get,
            static (string text, out string? value) =>
            {
                value = text;
                return true;
            },
            static value => value is null || (value.StartsWith('/') && !value.Contains('#', StringComparison.Ordinal) && !value.Any(char.IsControl)),
            static value => value is null ? "nothing" : $"'{value}'");

    /// <summary>A rule for the name of a header, or <see langword="null"/> for none.</summary>
    public static OptionRule<TOptions> OptionalHeaderName(string key, Func<TOptions, string?> get) =>
        Create(
            key,
            "nothing, or the name of a header",
            get,
            static (string text, out string? value) =>
            {
                value = text;
                return true;
            },
            static value => value is null || IsHeaderName(value),
            static value => value is null ? "nothing" : $"'{value}'");

    /// <summary>A rule for a list of names of headers, which stands in the configuration as numbered keys.</summary>
    public static OptionRule<TOptions> HeaderNames(string key, Func<TOptions, IList<string>> get) =>
        Texts(key, "a list of names of headers", get, IsHeaderName);

    /// <summary>A rule for a list of hosts, which stands in the configuration as numbered keys.</summary>
    public static OptionRule<TOptions> Hosts(string key, Func<TOptions, IList<string>> get) =>
        Texts(key, "a list of hosts, written as example.com, example.com:8443 or *.example.com", get, static text => HostRule.TryParse(text, out _));

    /// <summary>A rule for a list of ranges of addresses, which stands in the configuration as numbered keys.</summary>
    public static OptionRule<TOptions> AddressRanges(string key, Func<TOptions, IList<string>> get) =>
        Texts(
            key,
            "a list of ranges of addresses, written as 10.0.0.0/8, fd00::/8 or 127.0.0.1, with no bits behind the prefix",
            get,
            static text => AddressRange.TryParse(text, "", out _));

    /// <summary>A rule for a set of members of an enumeration, by their names without regard to case, with commas between.</summary>
    public static OptionRule<TOptions> Flags<TEnum>(string key, Func<TOptions, TEnum> get, params TEnum[] members)
        where TEnum : struct, Enum
    {
        var names = members.Select(static member => member.ToString()).ToArray();
        return Create(
            key,
            $"one or more of {string.Join(", ", names)}",
            get,
            (text, out value) =>
                Enum.TryParse(text, ignoreCase: true, out value)
                && text.Split(',').All(name => names.Contains(name.Trim(), StringComparer.OrdinalIgnoreCase)),
            value => IsMadeOf(value, members),
            static value => value.ToString());
    }

    private static OptionRule<TOptions> Texts(string key, string allowed, Func<TOptions, IList<string>> get, Predicate<string> isAllowed) =>
        Create(
            key,
            allowed,
            get,
            static (string text, out IList<string> value) =>
            {
                value = [];
                return text.Length == 0; // The texts stand below the key.
            },
            value => value.All(text => isAllowed(text)),
            static value => value.Count == 0 ? "nothing" : string.Join(", ", value.Select(static text => $"'{text}'")),
            isList: true);

    private static bool IsMadeOf<TEnum>(TEnum value, TEnum[] members)
        where TEnum : struct, Enum
    {
        var rest = Convert.ToInt64(value, CultureInfo.InvariantCulture);
        foreach (var member in members)
        {
            rest &= ~Convert.ToInt64(member, CultureInfo.InvariantCulture);
        }

        return rest == 0;
    }

    private static bool IsHttpAddress(Uri? value) =>
        value is null || (value is { IsAbsoluteUri: true, UserInfo: "" } && (value.Scheme == Uri.UriSchemeHttp || value.Scheme == Uri.UriSchemeHttps));

    private static bool IsHeaderName(string value) =>
        value.Length > 0 && value.All(static sign => char.IsAsciiLetterOrDigit(sign) || TokenSigns.Contains(sign, StringComparison.Ordinal));
}
