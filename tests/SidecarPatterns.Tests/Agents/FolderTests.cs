namespace SidecarPatterns.Tests;

/// <summary>Tests that each have a folder of their own, which is gone after them.</summary>
internal abstract class FolderTests<TFolder>
    where TFolder : class, IDisposable, new()
{
    protected TFolder Folder { get; private set; } = null!;

    [SetUp]
    public void MakeFolder() => Folder = new TFolder();

    [TearDown]
    public void RemoveFolder() => Folder.Dispose();
}
