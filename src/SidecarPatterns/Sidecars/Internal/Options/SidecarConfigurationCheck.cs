using Microsoft.Extensions.Configuration;

namespace SidecarPatterns;

/// <summary>Finds what stands under <c>Sidecars:</c> in the configuration and is read by nobody, which is a typing error as a rule.</summary>
internal static class SidecarConfigurationCheck
{
    private const int MaxListed = 50;

    /// <summary>One warning for every section that names no sidecar, and for every key of a sidecar's section that is no option.</summary>
    /// <param name="configuration">The configuration, if there is one.</param>
    /// <param name="sidecarNames">The names of the sidecars that are registered.</param>
    public static IReadOnlyList<string> FindUnknown(IConfiguration? configuration, IReadOnlyCollection<string> sidecarNames)
    {
        if (configuration is null)
        {
            return [];
        }

        var known = sidecarNames.ToHashSet(StringComparer.OrdinalIgnoreCase);
        return
        [
            .. configuration.GetSection(SidecarConstants.SectionName).GetChildren().SelectMany(section =>
                known.Contains(section.Key) ? FindUnknownKeys(section) : [DescribeSection(section, sidecarNames)]),
        ];
    }

    private static IEnumerable<string> FindUnknownKeys(IConfigurationSection section) =>
        string.IsNullOrEmpty(section.Value)
            ? FindUnknownKeys(section, parent: null)
            : FindUnknownKeys(section, parent: null).Prepend(DescribeValue(section));

    private static IEnumerable<string> FindUnknownKeys(IConfigurationSection section, string? parent) =>
        section.GetChildren().SelectMany(child =>
        {
            var key = parent is null ? child.Key : ConfigurationPath.Combine(parent, child.Key);
            return IsKnown(key) ? FindUnknownKeys(child, key) : [DescribeKey(child.Path, key)];
        });

    // A key that others stand below is known as they are.
    private static bool IsKnown(string key) =>
        SidecarOptionRules.Table.Keys.Any(known =>
            known.Equals(key, StringComparison.OrdinalIgnoreCase)
            || known.StartsWith(key + ConfigurationPath.KeyDelimiter, StringComparison.OrdinalIgnoreCase));

    private static string DescribeValue(IConfigurationSection section) =>
        $"{section.Path} is '{section.Value}', which is not used; known keys below it are {List(SidecarOptionRules.Table.Keys)}.";

    private static string DescribeKey(string path, string key) =>
        NearestName.Find(key, SidecarOptionRules.Table.Keys) is { } nearest
            ? $"{path} is not known; did you mean {nearest}?"
            : $"{path} is not known; known are {List(SidecarOptionRules.Table.Keys)}.";

    private static string DescribeSection(IConfigurationSection section, IReadOnlyCollection<string> sidecarNames) =>
        NearestName.Find(section.Key, sidecarNames) is { } nearest
            ? $"{section.Path} names no sidecar; did you mean {nearest}?"
            : $"{section.Path} names no sidecar; {(sidecarNames.Count == 0 ? "none is registered" : $"registered are {List(sidecarNames)}")}.";

    private static string List(IReadOnlyCollection<string> names) =>
        names.Count <= MaxListed
            ? string.Join(", ", names)
            : $"{string.Join(", ", names.Take(MaxListed))} and {names.Count - MaxListed} more";
}
