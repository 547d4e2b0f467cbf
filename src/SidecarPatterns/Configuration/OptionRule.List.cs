using Microsoft.Extensions.Configuration;

namespace SidecarPatterns;

/// <content>The rule for a list of sections, each with options of its own.</content>
internal sealed partial class OptionRule<TOptions>
{
    /// <summary>A rule for a list whose places are sections, numbered from 0.</summary>
    /// <param name="key">The name of the list.</param>
    /// <param name="get">Gets the list.</param>
    /// <param name="rules">What each place may be.</param>
    /// <param name="show">A place as it stands in a message.</param>
    public static OptionRule<TOptions> Sections<TItem>(
        string key, Func<TOptions, IList<TItem>> get, OptionRuleTable<TItem> rules, Func<TItem, string> show) =>
        new(
            key,
            $"a list of sections, each with {string.Join(", ", rules.Keys)}",
            static text => text.Length == 0, // The places stand below the key.
            static text => text.Length == 0,
            static _ => true, // Each place is told of by itself.
            options => get(options) is { Count: > 0 } items ? string.Join(", ", items.Select(show)) : "nothing")
        {
            IsList = true,
            List = new Items<TItem>(key, get, rules),
        };

    private sealed class Items<TItem>(string key, Func<TOptions, IList<TItem>> get, OptionRuleTable<TItem> rules) : IOptionList<TOptions>
    {
        public IEnumerable<string> Keys => rules.Keys.Select(item => ConfigurationPath.Combine(key, "0", item));

        public IEnumerable<string> FindUnreadable(IConfigurationSection list) => list.GetChildren().SelectMany(place =>
            string.IsNullOrEmpty(place.Value)
                ? rules.FindUnreadable(place)
                : [$"{place.Path} is '{place.Value}'; allowed is a section with {string.Join(", ", rules.Keys)}."]);

        public IEnumerable<string> FindFailures(string section, TOptions options) => get(options).SelectMany((item, place) =>
            rules.FindFailures(ConfigurationPath.Combine(section, key, place.ToString(System.Globalization.CultureInfo.InvariantCulture)), item));
    }
}

/// <summary>What the places of a list of sections may be.</summary>
internal interface IOptionList<in TOptions>
{
    /// <summary>The keys of the first place.</summary>
    IEnumerable<string> Keys { get; }

    /// <summary>The errors of a list that the binder must not see.</summary>
    IEnumerable<string> FindUnreadable(IConfigurationSection list);

    /// <summary>One error for every value of a place that is not allowed.</summary>
    IEnumerable<string> FindFailures(string section, TOptions options);
}
