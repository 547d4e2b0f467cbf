using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>Reads options without throwing what is wrong with them, so that all errors can be told at once.</summary>
internal static class OptionsReading
{
    /// <summary>The options of a name, or <see langword="null"/> and everything that is not allowed in them.</summary>
    public static (TOptions? Options, IReadOnlyList<string> Failures) Read<TOptions>(this IOptionsFactory<TOptions> factory, string name)
        where TOptions : class
    {
        try
        {
            return (factory.Create(name), []);
        }
        catch (OptionsValidationException exception)
        {
            return (null, [.. exception.Failures]);
        }
    }
}
