using Microsoft.Extensions.Configuration;
using Rule = SidecarPatterns.OptionRule<SidecarPatterns.SidecarGroupOptions>;

namespace SidecarPatterns;

/// <summary>What <see cref="SidecarGroupOptions"/> may be: every option by itself, and the options together.</summary>
internal static class SidecarGroupOptionRules
{
    /// <summary>The rules for the options one by one.</summary>
    public static OptionRuleTable<SidecarGroupOptions> Table { get; } = new(
        Duration(nameof(SidecarGroupOptions.RestartDelay), static options => options.RestartDelay),
        Duration(nameof(SidecarGroupOptions.MaxRestartDelay), static options => options.MaxRestartDelay),
        Rule.WholeNumber(nameof(SidecarGroupOptions.MaxRestarts), static options => options.MaxRestarts, 0, SidecarConstants.MaxMaxRestarts),
        Duration(nameof(SidecarGroupOptions.HealthyAfter), static options => options.HealthyAfter));

    /// <summary>The path of a group's section.</summary>
    public static string SectionOf(string group) => ConfigurationPath.Combine(SidecarConstants.GroupSectionName, group);

    /// <summary>One error for everything that is not allowed in the options of a group.</summary>
    public static IReadOnlyList<string> FindFailures(string group, SidecarGroupOptions options)
    {
        var section = SectionOf(group);
        return
        [
            .. Table.FindFailures(section, options),
            .. SidecarOptionRules.FindContradiction(
                section,
                (nameof(SidecarGroupOptions.RestartDelay), options.RestartDelay),
                (nameof(SidecarGroupOptions.MaxRestartDelay), options.MaxRestartDelay)),
        ];
    }

    private static Rule Duration(string key, Func<SidecarGroupOptions, TimeSpan> get) =>
        Rule.Duration(key, get, TimeSpan.Zero, SidecarConstants.MaxDuration);
}
