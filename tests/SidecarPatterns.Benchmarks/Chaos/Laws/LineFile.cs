using System.Text.Json;

namespace SidecarPatterns.Benchmarks;

/// <summary>A file of which each line should be a JSON object.</summary>
internal sealed class LineFile
{
    public LineFile(string path)
    {
        Path = path;
        string text = File.ReadAllText(path);
        EndsTorn = text.Length > 0 && text[^1] != '\n';
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            if (i == lines.Length - 1 && !EndsTorn)
                break;

            try
            {
                Objects.Add(JsonDocument.Parse(lines[i]).RootElement);
            }
            catch (JsonException)
            {
                if (i < lines.Length - 1)
                    Unreadable.Add(lines[i]);
            }
        }
    }

    public string Path { get; }

    public List<JsonElement> Objects { get; } = [];

    /// <summary>Lines that are none, but for the last one where it has no end.</summary>
    public List<string> Unreadable { get; } = [];

    /// <summary>Whether the last line has no end.</summary>
    public bool EndsTorn { get; }
}
