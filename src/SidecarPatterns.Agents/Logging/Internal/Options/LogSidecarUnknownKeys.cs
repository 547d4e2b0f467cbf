using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Configuration;

namespace SidecarPatterns;

/// <summary>Finds what stands in the section of the log agent and is read by nobody, which is a typing error as a rule.</summary>
internal sealed class LogSidecarUnknownKeys(ILoggerProviderConfiguration<SidecarLoggerProvider> configuration)
{
    private const string Levels = "LogLevel"; // For the filters of all providers.

    /// <summary>A sentence for each.</summary>
    public IEnumerable<string> Describe() => Find(configuration.Configuration, parent: null);

    private static IEnumerable<string> Find(IConfiguration section, string? parent)
    {
        foreach (var child in section.GetChildren())
        {
            var key = parent is null ? child.Key : ConfigurationPath.Combine(parent, child.Key);
            if (key.Equals(Levels, StringComparison.OrdinalIgnoreCase) || IsKnown(key))
            {
                continue;
            }

            if (LogSidecarOptionTable.All.Any(option => option.Key.StartsWith(key + ConfigurationPath.KeyDelimiter, StringComparison.OrdinalIgnoreCase)))
            {
                foreach (var problem in Find(child, key))
                {
                    yield return problem;
                }
            }
            else
            {
                yield return $"{ConfigurationPath.Combine(LogSidecarConstants.SectionName, key)} is not known; did you mean {Nearest(key)}?";
            }
        }
    }

    private static bool IsKnown(string key) => LogSidecarOptionTable.All.Any(option => option.Key.Equals(key, StringComparison.OrdinalIgnoreCase));

    private static string Nearest(string key) => LogSidecarOptionTable.All.Select(static option => option.Key).MinBy(known => Distance(known, key))!;

    /// <summary>How many letters must be put in, left out or replaced (Levenshtein).</summary>
    private static int Distance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = diagonal + (char.ToUpperInvariant(from[i - 1]) == char.ToUpperInvariant(to[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
