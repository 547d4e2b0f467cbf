using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>The rules of one options class, a row for each of its properties.</summary>
internal sealed class OptionRuleTable<TOptions>(params IReadOnlyList<OptionRule<TOptions>> rules)
{
    /// <summary>The rows.</summary>
    public IReadOnlyList<OptionRule<TOptions>> Rules { get; } = rules;

    /// <summary>The keys that the section of the options may have.</summary>
    public IReadOnlyList<string> Keys { get; } = [.. rules.SelectMany(static rule => rule switch
    {
        { List: { } list } => list.Keys,
        { IsList: true } => [ConfigurationPath.Combine(rule.Key, "0")],
        { IsMap: true } => [ConfigurationPath.Combine(rule.Key, "*")],
        _ => [rule.Key],
    })];

    /// <summary>One error for every value that is not allowed.</summary>
    /// <param name="section">The path of the section that the options come from, for the messages.</param>
    /// <param name="options">The options, as they are after everything has set them.</param>
    public IEnumerable<string> FindFailures(string section, TOptions options) =>
        Rules.Where(rule => !rule.Allows(options)).Select(rule => rule.Describe(section, rule.Show(options)))
            .Concat(Rules.SelectMany(rule => rule.List?.FindFailures(section, options) ?? []));

    /// <summary>The rules of the options that differ.</summary>
    public List<OptionRule<TOptions>> FindChanged(TOptions from, TOptions to) =>
        [.. Rules.Where(rule => rule.Show(from) != rule.Show(to) || rule.Digest?.Invoke(from) != rule.Digest?.Invoke(to))];

    /// <summary>Takes back what can not change while the host runs.</summary>
    /// <param name="section">The path of the section that the options come from, for the messages.</param>
    /// <param name="current">The options that are in force.</param>
    /// <param name="next">Those that are to follow: what is taken back in them is as it was.</param>
    /// <param name="changed">The rules of the options that differ; without those that were taken back afterwards.</param>
    /// <returns>What to say of each.</returns>
    public static IReadOnlyList<string> KeepFixed(string section, TOptions current, TOptions next, List<OptionRule<TOptions>> changed)
    {
        var kept = changed.FindAll(static rule => rule.Keep is not null);
        List<string> problems =
        [
            .. kept.Select(rule => $"{section}:{rule.Key} is {rule.Show(next)} now, but can not change while the host runs: "
                + $"it stays {rule.Show(current)} until the host is started anew."),
        ];
        kept.ForEach(rule => rule.Keep!(current, next));
        changed.RemoveAll(static rule => rule.Keep is not null);
        return problems;
    }

    /// <summary>What options have become.</summary>
    public static string Describe(IEnumerable<OptionRule<TOptions>> changed, TOptions next) =>
        string.Join(", ", changed.Select(rule => $"{rule.Key} = {rule.Show(next)}"));

    /// <summary>The errors of a section that the binder must not see, since it would throw or misread; none if it can be bound.</summary>
    /// <param name="section">The section of the options.</param>
    /// <remarks>
    /// A key without a value, or with an empty one, counts as not set, as it does for the binder. What can be read but is out of its
    /// range does not stop the binding, since code may still change it; once something does, it is reported along with that.
    /// </remarks>
    public IReadOnlyList<string> FindUnreadable(IConfigurationSection section)
    {
        var keys = Rules
            .Select(rule => (Rule: rule, Section: section.GetSection(rule.Key)))
            .Where(static key => IsSet(key.Section))
            .ToList();
        var places = keys.SelectMany(static key => key.Rule.List?.FindUnreadable(key.Section) ?? []).ToList();
        if (places.Count == 0 && keys.TrueForAll(static key => !IsSectionInstead(key) && key.Rule.CanRead(TextOf(key.Section))))
        {
            return [];
        }

        return
        [
            .. keys
                .Where(static key => IsSectionInstead(key) || !key.Rule.Allows(TextOf(key.Section)))
                .Select(key => key.Rule.Describe(section.Path, key.Rule.Digest is null ? Show(key.Section) : "a value that is not shown")),
            .. places,
        ];
    }

    /// <summary>The section that the options of a name are to be bound from, if there is one to look at; it can be bound as it is.</summary>
    /// <param name="services">The container; one without a configuration is in order.</param>
    /// <param name="name">The name of the options; those without are nobody's.</param>
    /// <param name="sectionOf">The path of a name's section.</param>
    /// <exception cref="OptionsValidationException">A value cannot be read; every such key is named, with its value and what is allowed.</exception>
    public IConfigurationSection? FindReadable(IServiceProvider services, string? name, Func<string, string> sectionOf)
    {
        if (string.IsNullOrEmpty(name) || services.GetService<IConfiguration>() is not { } configuration)
        {
            return null;
        }

        var section = configuration.GetSection(sectionOf(name));
        var failures = FindUnreadable(section);
        return failures.Count == 0 ? section : throw new OptionsValidationException(name, typeof(TOptions), failures);
    }

    // Keys below one that should have a value, and no value: the binder would pass over them in silence.
    private static bool IsSet(IConfigurationSection key) => TextOf(key).Length > 0 || key.GetChildren().Any();

    // Any text is a value where a text is asked for, so that nothing else tells of keys below it.
    private static bool IsSectionInstead((OptionRule<TOptions> Rule, IConfigurationSection Section) key) =>
        key.Rule is { IsList: false, IsMap: false } && TextOf(key.Section).Length == 0;

    private static string TextOf(IConfigurationSection key) => key.Value ?? "";

    private static string Show(IConfigurationSection key) => TextOf(key).Length > 0 ? $"'{key.Value}'" : "a section of its own";
}
