using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace ConsoleApp.Reporting;

/// <summary>The files that settings are read from, and read again when somebody has edited them.</summary>
internal static class SettingsFiles
{
    /// <summary>Tells of a file that cannot be read again. It would be passed over in silence; the sidecars go on as they were.</summary>
    public static void TellWhenUnreadable(this IConfigurationManager configuration, Terminal terminal)
    {
        foreach (FileConfigurationSource source in configuration.Sources.OfType<FileConfigurationSource>())
        {
            source.OnLoadException = failure =>
                terminal.Complain($"{source.Path} cannot be read, and nothing changes: {ProblemOf(failure.Exception.GetBaseException())}");
        }
    }

    // The message of the parser quotes the rest of the file.
    private static string ProblemOf(Exception cause) =>
        cause is JsonException { LineNumber: { } line } ? $"line {line + 1} is not JSON" : cause.Message;
}
