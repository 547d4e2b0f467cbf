using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>Where the files of a run are.</summary>
internal sealed class ChaosFolder(string path)
{
    /// <summary>The setting that tells which version is in force.</summary>
    public const string VersionKey = "Version";

    public string Path => path;

    public string Logs => System.IO.Path.Combine(path, "logs");

    public string Metrics => System.IO.Path.Combine(path, "chaos.prom");

    public string Settings => System.IO.Path.Combine(path, "settings.json");

    public string SettingsCopy => Settings + ".copy";

    public string JournalOf(int life) => System.IO.Path.Combine(path, string.Create(CultureInfo.InvariantCulture, $"journal-{life}.txt"));

    public string LettersOf(ChaosSidecar sidecar) => System.IO.Path.Combine(path, $"letters-{sidecar.Name}.ndjson");

    /// <summary>A version of the settings, which changes the options of a sidecar too.</summary>
    public string SettingsOf(int life, int number) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{ "{{VersionKey}}": {{(life * ChaosMessage.NumbersOfLife) + number}}, "Sidecars": { "{{ChaosSidecar.Keyed.Name}}": { "Concurrency": {{1 + (number % ChaosSidecar.Keyed.InFlight)}} } } }""");

    /// <summary>Puts a text in the place of the settings.</summary>
    public void WriteSettings(string text) => WholeFile.Replace(Settings, text);

    /// <summary>All files that have a JSON object a line.</summary>
    public IEnumerable<string> LineFiles() => Directory.EnumerateFiles(path, "*.ndjson").Concat(Directory.Exists(Logs) ? Directory.EnumerateFiles(Logs, "*.jsonl") : []);

    /// <summary>Cuts the last line of each file in the middle.</summary>
    /// <returns>How many.</returns>
    public int TearLines(Random random)
    {
        int torn = 0;
        foreach (string file in LineFiles())
        {
            byte[] bytes = File.ReadAllBytes(file);
            int start = bytes.Length < 2 ? -1 : bytes.AsSpan(0, bytes.Length - 1).LastIndexOf((byte)'\n') + 1;
            if (start >= 0 && bytes.Length - start > 2)
            {
                using FileStream stream = File.OpenWrite(file);
                stream.SetLength(random.Next(start + 1, bytes.Length - 1));
                torn++;
            }
        }

        return torn;
    }
}
