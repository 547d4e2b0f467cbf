using System.IO.Enumeration;

namespace SidecarPatterns;

/// <summary>Which meters are collected from.</summary>
/// <param name="patterns">Names; <c>*</c> stands for any characters, <c>?</c> for one.</param>
internal sealed class MeterPatterns(IEnumerable<string> patterns)
{
    private readonly string[] _patterns = [.. patterns.Select(static pattern => pattern.Trim()).Distinct(StringComparer.OrdinalIgnoreCase)];

    public static MeterPatterns Of(MetricsAgentOptions options) =>
        new(options.RuntimeMeters ? options.Meters.Concat(MetricsAgentConstants.RuntimeMeters) : options.Meters);

    public bool Matches(string meter)
    {
        foreach (var pattern in _patterns)
        {
            if (FileSystemName.MatchesSimpleExpression(pattern, meter, ignoreCase: true))
            {
                return true;
            }
        }

        return false;
    }
}
