using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>The files of the soak: the log, the metrics, and the configuration, which changes all the time.</summary>
internal sealed class SoakFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("soak-").FullName;

    public string Logs => Path.Combine(_path, "logs");

    public string Metrics => Path.Combine(_path, "soak.prom");

    public string Configuration => Path.Combine(_path, "soak.json");

    /// <summary>Writes another version, which changes the options of a sidecar and of the ambassador.</summary>
    public void WriteConfiguration(int version)
    {
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            {
              "Version": {{version}},
              "Sidecars": { "{{SoakNames.Keyed}}": { "Concurrency": {{4 + (version % 3)}} } },
              "Ambassadors": { "{{SoakNames.Client}}": { "AttemptTimeout": "00:00:{{5 + (version % 3):00}}" } }
            }
            """);
        WholeFile.Replace(Configuration, text);
    }

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
