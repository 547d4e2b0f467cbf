namespace SidecarPatterns;

/// <summary>What a folder had in it at a moment.</summary>
/// <param name="Folder">Where the files are: the folder, or what its link <c>..data</c> leads to.</param>
/// <param name="Files">The files and their names there, in the order of those.</param>
internal sealed record FolderStamp(string Folder, IReadOnlyList<(string Name, FileStamp Stamp)> Files)
{
    public bool Equals(FolderStamp? other) => other is not null && Folder == other.Folder && Files.SequenceEqual(other.Files);

    public override int GetHashCode() => HashCode.Combine(Folder, Files.Count);
}
