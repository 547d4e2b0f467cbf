namespace SidecarPatterns;

/// <summary>By what one writing of a file is told from another.</summary>
/// <param name="Path">The file itself, where that is not a link any more.</param>
/// <param name="Length">Its length.</param>
/// <param name="WrittenAt">When it was written.</param>
internal readonly record struct FileStamp(string Path, long Length, DateTime WrittenAt)
{
    private const int MaxLinks = 40; // As Linux has it.

    /// <exception cref="IOException">There is none, or its links lead nowhere.</exception>
    public static FileStamp Of(string path)
    {
        var file = new FileInfo(Resolve(path));
        return new FileStamp(file.FullName, file.Length, file.LastWriteTimeUtc);
    }

    /// <summary>Whether another writing would show: file systems count the time in steps, and a second one within a step may have the same length.</summary>
    public bool IsOld => DateTime.UtcNow - WrittenAt > ConfigurationAgentConstants.FileTimeStep;

    /// <summary>Where a link leads to.</summary>
    /// <param name="link">What was a link a moment ago.</param>
    /// <param name="isFinal">Whether links that it leads to are followed.</param>
    /// <exception cref="IOException">It leads nowhere, or is none any more.</exception>
    public static string TargetOf(FileSystemInfo link, bool isFinal = false) =>
        link.ResolveLinkTarget(isFinal)?.FullName ?? throw new IOException("a link was replaced");

    // The file may be a link, and so may its folder: a mounted file is a link to one below the link that is replaced.
    private static string Resolve(string path)
    {
        for (var links = 0; links < MaxLinks; links++)
        {
            var file = new FileInfo(path);
            if (file.LinkTarget is not null)
            {
                path = TargetOf(file);
            }
            else if (file.Directory is { LinkTarget: not null } folder)
            {
                path = System.IO.Path.Combine(TargetOf(folder), file.Name);
            }
            else
            {
                return path;
            }
        }

        throw new IOException("its links lead in a circle");
    }
}
