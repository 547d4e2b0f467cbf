using System.Threading.Channels;
using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>Checks the options of a sink's queue: lines that were taken are not evicted, for nobody would be told of those.</summary>
internal sealed class LogSinkOptionsValidator(string sink) : IValidateOptions<SidecarOptions>
{
    public ValidateOptionsResult Validate(string? name, SidecarOptions options) =>
        name == sink && options.FullMode is (BoundedChannelFullMode.DropOldest or BoundedChannelFullMode.DropNewest)
            ? ValidateOptionsResult.Fail($"Sidecars:{sink}:{nameof(SidecarOptions.FullMode)} is {options.FullMode}; allowed is DropWrite or Wait.")
            : ValidateOptionsResult.Success;
}
