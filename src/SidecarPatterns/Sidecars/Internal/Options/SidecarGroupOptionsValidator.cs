using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>Refuses options of a group that are not allowed, with all the reasons at once.</summary>
internal sealed class SidecarGroupOptionsValidator : IValidateOptions<SidecarGroupOptions>
{
    /// <summary>Checks options after everything has set them; options without a name are those of no group.</summary>
    public ValidateOptionsResult Validate(string? name, SidecarGroupOptions options)
    {
        if (string.IsNullOrEmpty(name))
        {
            return ValidateOptionsResult.Skip;
        }

        var failures = SidecarGroupOptionRules.FindFailures(name, options);
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
