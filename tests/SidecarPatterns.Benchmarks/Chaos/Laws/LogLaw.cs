using System.Text.Json;

namespace SidecarPatterns.Benchmarks;

/// <summary>What has to hold of the log after a stop.</summary>
internal static class LogLaw
{
    /// <summary>How many laws are looked at.</summary>
    public const int Count = 1;

    private const string Lost = "LinesLost";

    /// <param name="folder">The files.</param>
    /// <param name="life">The process that has stopped.</param>
    /// <param name="logged">How many lines it has logged.</param>
    public static IEnumerable<string> FindBroken(ChaosFolder folder, int life, long logged)
    {
        JsonElement[] lines = [.. Directory.EnumerateFiles(folder.Logs).SelectMany(static path => new LineFile(path).Objects)];
        long written = lines.LongCount(line => EventOf(line) == ChaosLog.Event && line.GetProperty("properties").GetProperty("Number").GetInt32() / ChaosMessage.NumbersOfLife == life);
        if (written != logged && !lines.Any(static line => EventOf(line) == Lost))
            yield return $"the log has each line, or says that it has not; but {written} of {logged}";
    }

    private static string? EventOf(JsonElement line) => line.TryGetProperty("event", out JsonElement name) ? name.GetString() : null;
}
