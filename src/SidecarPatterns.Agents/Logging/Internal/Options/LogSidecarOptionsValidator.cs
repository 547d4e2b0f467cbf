using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>Checks the options of the log agent once everything has set them.</summary>
internal sealed class LogSidecarOptionsValidator : IValidateOptions<LogSidecarOptions>
{
    public ValidateOptionsResult Validate(string? name, LogSidecarOptions options)
    {
        string[] failures =
        [
            .. LogSidecarOptionTable.All.Where(option => !option.Allows(options)).Select(option => option.Describe(option.Show(options))),
        ];
        return failures.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
