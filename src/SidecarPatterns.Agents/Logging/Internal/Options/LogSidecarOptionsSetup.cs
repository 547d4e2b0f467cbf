using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Configuration;
using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>Binds the options of the log agent from its section, once its texts can be read.</summary>
internal sealed class LogSidecarOptionsSetup(ILoggerProviderConfiguration<SidecarLoggerProvider> configuration) : IConfigureOptions<LogSidecarOptions>
{
    public void Configure(LogSidecarOptions options)
    {
        var section = configuration.Configuration;
        string[] failures =
        [
            .. LogSidecarOptionTable.All
                .Where(option => section[option.Key] is { Length: > 0 } text && !option.Reads(text))
                .Select(option => option.Describe($"'{section[option.Key]}'")),
        ];
        if (failures.Length > 0)
        {
            throw new OptionsValidationException(LogSidecarConstants.SectionName, typeof(LogSidecarOptions), failures);
        }

        section.Bind(options);
    }
}
