using Microsoft.Extensions.Configuration;

namespace SidecarPatterns;

/// <summary>Finds what stands under <c>Sidecars:</c> or <c>SidecarGroups:</c> and is read by nobody, which is a typing error as a rule.</summary>
internal sealed class SidecarConfigurationCheck
{
    private const int MaxListed = 50;

    private readonly string _section;
    private readonly string _kind;
    private readonly IReadOnlyList<string> _keys;

    private SidecarConfigurationCheck(string section, string kind, IReadOnlyList<string> keys)
    {
        _section = section;
        _kind = kind;
        _keys = keys;
    }

    /// <summary>One warning for every section that names no sidecar, and for every key of a sidecar's section that is no option.</summary>
    /// <param name="configuration">The configuration, if there is one.</param>
    /// <param name="sidecarNames">The names of the sidecars that are registered.</param>
    public static IReadOnlyList<string> FindUnknown(IConfiguration? configuration, IReadOnlyCollection<string> sidecarNames) =>
        new SidecarConfigurationCheck(SidecarConstants.SectionName, "sidecar", SidecarOptionRules.Table.Keys).Find(configuration, sidecarNames);

    /// <summary>One warning for every section that names no group, and for every key of a group's section that is no option.</summary>
    /// <param name="configuration">The configuration, if there is one.</param>
    /// <param name="groupNames">The names of the groups that are registered.</param>
    public static IReadOnlyList<string> FindUnknownOfGroups(IConfiguration? configuration, IReadOnlyCollection<string> groupNames) =>
        new SidecarConfigurationCheck(SidecarConstants.GroupSectionName, "group", SidecarGroupOptionRules.Table.Keys).Find(configuration, groupNames);

    private IReadOnlyList<string> Find(IConfiguration? configuration, IReadOnlyCollection<string> names)
    {
        if (configuration is null)
        {
            return [];
        }

        var known = names.ToHashSet(StringComparer.OrdinalIgnoreCase);
        return
        [
            .. configuration.GetSection(_section).GetChildren().SelectMany(section =>
                known.Contains(section.Key) ? FindUnknownKeys(section) : [DescribeSection(section, names)]),
        ];
    }

    private IEnumerable<string> FindUnknownKeys(IConfigurationSection section) =>
        string.IsNullOrEmpty(section.Value)
            ? FindUnknownKeys(section, parent: null)
            : FindUnknownKeys(section, parent: null).Prepend(DescribeValue(section));

    private IEnumerable<string> FindUnknownKeys(IConfigurationSection section, string? parent) =>
        section.GetChildren().SelectMany(child =>
        {
            var key = parent is null ? child.Key : ConfigurationPath.Combine(parent, child.Key);
            return IsKnown(key) ? FindUnknownKeys(child, key) : [DescribeKey(child.Path, key)];
        });

    // A key that others stand below is known as they are.
    private bool IsKnown(string key) =>
        _keys.Any(known =>
            known.Equals(key, StringComparison.OrdinalIgnoreCase)
            || known.StartsWith(key + ConfigurationPath.KeyDelimiter, StringComparison.OrdinalIgnoreCase));

    private string DescribeValue(IConfigurationSection section) =>
        $"{section.Path} is '{section.Value}', which is not used; known keys below it are {List(_keys)}.";

    private string DescribeKey(string path, string key) =>
        NearestName.Find(key, _keys) is { } nearest
            ? $"{path} is not known; did you mean {nearest}?"
            : $"{path} is not known; known are {List(_keys)}.";

    private string DescribeSection(IConfigurationSection section, IReadOnlyCollection<string> names) =>
        NearestName.Find(section.Key, names) is { } nearest
            ? $"{section.Path} names no {_kind}; did you mean {nearest}?"
            : $"{section.Path} names no {_kind}; {(names.Count == 0 ? "none is registered" : $"registered are {List(names)}")}.";

    private static string List(IReadOnlyCollection<string> names) =>
        names.Count <= MaxListed
            ? string.Join(", ", names)
            : $"{string.Join(", ", names.Take(MaxListed))} and {names.Count - MaxListed} more";
}
