using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>Makes the groups of one host.</summary>
internal static class SidecarGroups
{
    /// <summary>Makes every group and lets its members join.</summary>
    /// <param name="registry">What was registered.</param>
    /// <param name="options">Makes the options of a group.</param>
    /// <param name="inStartOrder">All sidecars, in the order of their start.</param>
    /// <param name="environment">What they share.</param>
    /// <param name="isHostStopping">Whether the host has begun to stop.</param>
    /// <returns>The groups, in the order of their registration.</returns>
    /// <exception cref="InvalidOperationException">A sidecar is in a group that was not added.</exception>
    /// <exception cref="OptionsValidationException">Options are wrong; all of their errors at once.</exception>
    public static IReadOnlyList<SidecarGroup> Form(
        SidecarRegistry registry,
        IOptionsFactory<SidecarGroupOptions> options,
        IReadOnlyList<SidecarSupervisor> inStartOrder,
        SidecarEnvironment environment,
        Func<bool> isHostStopping)
    {
        ThrowIfUnknown(registry);
        var groups = new List<SidecarGroup>();
        foreach (var (registration, settings) in OptionsReading.ReadAll(
            registry.Groups, registration => options.Read(registration.Name), SidecarConstants.GroupSectionName))
        {
            var members = inStartOrder
                .Where(supervisor => registration.Name.Equals(registry.Find(supervisor.Name)!.Group, StringComparison.OrdinalIgnoreCase))
                .ToArray();
            var group = new SidecarGroup(registration, settings, members, environment, isHostStopping);
            Array.ForEach(members, member => member.Join(group));
            groups.Add(group);
        }

        return groups;
    }

    private static void ThrowIfUnknown(SidecarRegistry registry)
    {
        var names = registry.Groups.Select(static group => group.Name).ToArray();
        var unknown = registry.Registrations
            .Where(sidecar => sidecar.Group is { } group && !names.Contains(group, StringComparer.OrdinalIgnoreCase))
            .Select(sidecar => Describe(sidecar.Name, sidecar.Group!, names))
            .ToArray();
        if (unknown.Length > 0)
        {
            throw new InvalidOperationException(string.Join(' ', unknown));
        }
    }

    private static string Describe(string sidecar, string group, string[] names) =>
        $"Sidecar '{sidecar}' is in group '{group}', but no group has this name; " + (NearestName.Find(group, names) is { } nearest
            ? $"did you mean '{nearest}'?"
            : names.Length == 0 ? $"add it with AddSidecarGroup(\"{group}\")." : $"added are {string.Join(", ", names)}.");
}
