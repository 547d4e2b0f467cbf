using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>Refuses options of a sidecar that are not allowed, with all the reasons at once.</summary>
internal sealed class SidecarOptionsValidator : IValidateOptions<SidecarOptions>
{
    /// <summary>Checks options after everything has set them; options without a name are those of no sidecar.</summary>
    public ValidateOptionsResult Validate(string? name, SidecarOptions options)
    {
        if (string.IsNullOrEmpty(name))
        {
            return ValidateOptionsResult.Skip;
        }

        var failures = SidecarOptionRules.FindFailures(name, options);
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
