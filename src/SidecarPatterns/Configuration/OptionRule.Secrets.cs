using System.Security.Cryptography;
using System.Text;

namespace SidecarPatterns;

/// <content>The rules for what is not to be shown, in an error or otherwise, and for lists of words.</content>
internal sealed partial class OptionRule<TOptions>
{
    private const string Hidden = "a value that is not shown";

    /// <summary>A rule for a secret, or <see langword="null"/> for none.</summary>
    public static OptionRule<TOptions> OptionalSecret(string key, Func<TOptions, string?> get) =>
        Hide(
            Create(key, "nothing, or a text that is not empty", get, TryReadText, static value => value is null or { Length: > 0 }, static value => value is null ? "nothing" : Hidden),
            options => get(options) ?? "");

    /// <summary>A rule for a list of secrets that can stand in headers.</summary>
    public static OptionRule<TOptions> Secrets(string key, Func<TOptions, IList<string>> get) =>
        Hide(
            Create(
                key,
                "a list of texts of visible ASCII characters",
                get,
                TryReadNothing,
                static value => value.All(HeaderText.IsValue),
                static value => value.Count == 0 ? "nothing" : $"{value.Count} of them, which are not shown",
                isList: true),
            options => string.Join('\n', get(options)));

    /// <summary>A rule for texts by their names, of which only these are shown.</summary>
    public static OptionRule<TOptions> NamedTexts(string key, Func<TOptions, IDictionary<string, string>> get) =>
        Hide(
            Create(
                key,
                "texts by their names",
                get,
                static (string text, out IDictionary<string, string> value) =>
                {
                    value = new Dictionary<string, string>();
                    return text.Length == 0;
                },
                static value => value.All(static pair => pair is { Key.Length: > 0, Value: not null }),
                static value => value.Count == 0 ? "nothing" : string.Join(", ", value.Keys.Select(static name => $"'{name}'")),
                isMap: true),
            options => string.Join('\n', get(options).Select(static pair => $"{pair.Key}={pair.Value}")));

    /// <summary>A rule for a list of words, each of visible ASCII characters without blanks.</summary>
    public static OptionRule<TOptions> Words(string key, Func<TOptions, IList<string>> get) =>
        Create(
            key,
            "a list of words of visible ASCII characters",
            get,
            TryReadNothing,
            static value => value.All(static word => !string.IsNullOrEmpty(word) && !word.AsSpan().ContainsAnyExceptInRange('!', '~')),
            static value => value.Count == 0 ? "nothing" : string.Join(", ", value.Select(static word => $"'{word}'")),
            isList: true);

    /// <summary>A rule for the name of a header.</summary>
    public static OptionRule<TOptions> HeaderName(string key, Func<TOptions, string> get) =>
        Create(key, "the name of a header", options => (string?)get(options), TryReadText, static value => HeaderText.IsName(value), static value => string.IsNullOrEmpty(value) ? "nothing" : $"'{value}'");

    /// <summary>A rule for a word as it stands before a credential, or <see langword="null"/> for none.</summary>
    public static OptionRule<TOptions> OptionalScheme(string key, Func<TOptions, string?> get) =>
        Create(
            key,
            "nothing, or the name of a scheme",
            get,
            TryReadText,
            static value => value is null || HeaderText.IsName(value),
            static value => value is null ? "nothing" : $"'{value}'");

    private static OptionRule<TOptions> Hide(OptionRule<TOptions> rule, Func<TOptions, string> get) =>
        new(rule.Key, rule.Allowed, rule._canRead, rule._allowsText, rule._allows, rule._show)
        {
            IsList = rule.IsList,
            IsMap = rule.IsMap,
            Digest = options => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(get(options)))),
        };

    private static bool TryReadText(string text, out string? value)
    {
        value = text;
        return true;
    }

    // The words stand below the key.
    private static bool TryReadNothing(string text, out IList<string> value)
    {
        value = [];
        return text.Length == 0;
    }
}
