namespace SidecarPatterns.Tests;

/// <summary>A folder for the files of one test, deleted with it.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("agents").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a file as most programs do: in place.</summary>
    public string Write(string name, string text)
    {
        System.IO.File.WriteAllText(File(name), text);
        return File(name);
    }

    /// <summary>Writes a file beside, under a name that is passed over, and puts it in the place of the other one: it is there whole or not at all.</summary>
    public void Replace(string name, string text)
    {
        System.IO.File.WriteAllText(File("." + name), text);
        System.IO.File.Move(File("." + name), File(name), overwrite: true);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
