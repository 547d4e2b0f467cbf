using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>Refuses options of the metrics agent that are not allowed, with all the reasons at once.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by the container.")]
internal sealed class MetricsAgentOptionsValidator : IValidateOptions<MetricsAgentOptions>
{
    public ValidateOptionsResult Validate(string? name, MetricsAgentOptions options)
    {
        var failures = MetricsAgentOptionRules.Table.FindFailures(options);
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
