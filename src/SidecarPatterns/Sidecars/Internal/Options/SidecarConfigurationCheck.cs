using Microsoft.Extensions.Configuration;

namespace SidecarPatterns;

/// <summary>Finds what stands under <c>Sidecars:</c> or <c>SidecarGroups:</c> and is read by nobody.</summary>
internal static class SidecarConfigurationCheck
{
    private static readonly ConfigurationCheck Sidecars = new(SidecarConstants.SectionName, "sidecar", SidecarOptionRules.Table.Keys);
    private static readonly ConfigurationCheck Groups = new(SidecarConstants.GroupSectionName, "group", SidecarGroupOptionRules.Table.Keys);

    /// <summary>One warning for every section that names no sidecar, and for every key of a sidecar's section that is no option.</summary>
    public static IReadOnlyList<string> FindUnknown(IConfiguration? configuration, IReadOnlyCollection<string> sidecarNames) =>
        Sidecars.FindUnknown(configuration, sidecarNames);

    /// <summary>One warning for every section that names no group, and for every key of a group's section that is no option.</summary>
    public static IReadOnlyList<string> FindUnknownOfGroups(IConfiguration? configuration, IReadOnlyCollection<string> groupNames) =>
        Groups.FindUnknown(configuration, groupNames);
}
