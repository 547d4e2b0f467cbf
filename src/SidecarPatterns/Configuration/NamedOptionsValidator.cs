using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>Refuses options of something with a name, a sidecar or a group, that are not allowed, with all the reasons at once.</summary>
/// <param name="findFailures">Everything that is not allowed in the options of a name.</param>
internal abstract class NamedOptionsValidator<TOptions>(Func<string, TOptions, IReadOnlyList<string>> findFailures) : IValidateOptions<TOptions>
    where TOptions : class
{
    /// <summary>Checks options after everything has set them; options without a name are nobody's.</summary>
    public ValidateOptionsResult Validate(string? name, TOptions options)
    {
        if (string.IsNullOrEmpty(name))
        {
            return ValidateOptionsResult.Skip;
        }

        var failures = findFailures(name, options);
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
