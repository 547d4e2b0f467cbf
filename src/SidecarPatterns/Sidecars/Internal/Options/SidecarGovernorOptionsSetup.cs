using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Rule = SidecarPatterns.OptionRule<SidecarPatterns.SidecarGovernorOptions>;

namespace SidecarPatterns;

/// <summary>Sets the options of the governor from its section, and refuses those that are not allowed.</summary>
internal sealed class SidecarGovernorOptionsSetup(IServiceProvider services)
    : IConfigureOptions<SidecarGovernorOptions>, IValidateOptions<SidecarGovernorOptions>
{
    /// <summary>The rules for the options one by one.</summary>
    public static OptionRuleTable<SidecarGovernorOptions> Table { get; } = new(
        Rule.Fraction(nameof(SidecarGovernorOptions.MaxCpu), static options => options.MaxCpu),
        Rule.Fraction(nameof(SidecarGovernorOptions.MaxMemory), static options => options.MaxMemory),
        Rule.Fraction(nameof(SidecarGovernorOptions.MinShare), static options => options.MinShare),
        Rule.PositiveDuration(nameof(SidecarGovernorOptions.Interval), static options => options.Interval, SidecarConstants.MaxDuration));

    public void Configure(SidecarGovernorOptions options)
    {
        if (Table.FindReadable(services, SidecarConstants.GovernorSectionName, static name => name) is { } section)
        {
            section.Bind(options);
        }
    }

    public ValidateOptionsResult Validate(string? name, SidecarGovernorOptions options)
    {
        var failures = Table.FindFailures(SidecarConstants.GovernorSectionName, options).ToList();
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
