using System.Text;
using System.Text.Json;

namespace SidecarPatterns.Tests;

/// <summary>A folder for the logs of a test, which is gone after it.</summary>
internal sealed class LogFolder : IDisposable
{
    public LogFolder() => Path = Directory.CreateTempSubdirectory("log-agent-").FullName;

    public string Path { get; }

    /// <summary>The names of the log files, compressed ones and those of other slots included, by name.</summary>
    public IReadOnlyList<string> Files =>
        [.. Directory.GetFiles(Path).Select(static file => System.IO.Path.GetFileName(file)!).Where(static file => !file.StartsWith('.')).Order(StringComparer.Ordinal)];

    /// <summary>All lines of the files that are not compressed, in the order in which these were begun.</summary>
    public IReadOnlyList<JsonElement> Lines =>
        [.. LogFileName.FindAll(Path, "app").Where(static file => !file.Name.IsCompressed).SelectMany(file => Read(file.File.Name))];

    /// <summary>The texts of all lines but the agent's own.</summary>
    public IReadOnlyList<string> Messages =>
        [.. Lines.Where(static line => line.GetProperty("category").GetString() != "SidecarPatterns.LogAgent").Select(static line => line.GetProperty("message").GetString()!)];

    /// <summary>The agent's own lines, by the names of their events.</summary>
    public IReadOnlyList<JsonElement> Notices(string eventName) =>
        [.. Lines.Where(line => line.TryGetProperty("event", out var name) && name.GetString() == eventName)];

    /// <summary>The lines of a file: each must be a whole JSON object, and end with a line feed.</summary>
    public IReadOnlyList<JsonElement> Read(string file)
    {
        var text = ReadText(file);
        Assert.That(text, Is.Empty.Or.EndsWith("\n"), file);
        return [.. text.Split('\n')[..^1].Select(static line => JsonDocument.Parse(line).RootElement)];
    }

    /// <summary>What a file has, read as another program reads it while it is written to.</summary>
    public string ReadText(string file)
    {
        using var stream = new FileStream(PathOf(file), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
        return reader.ReadToEnd();
    }

    public string PathOf(string file) => System.IO.Path.Combine(Path, file);

    public void Dispose()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
