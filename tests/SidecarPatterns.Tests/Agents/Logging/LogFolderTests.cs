namespace SidecarPatterns.Tests;

/// <summary>Tests that each write to a folder of their own.</summary>
internal abstract class LogFolderTests
{
    protected LogFolder Folder { get; private set; } = null!;

    [SetUp]
    public void MakeFolder() => Folder = new LogFolder();

    [TearDown]
    public void RemoveFolder() => Folder.Dispose();
}
