using Microsoft.Win32.SafeHandles;

namespace SidecarPatterns;

/// <summary>What can go wrong when lines are written, so that tests can have it go wrong.</summary>
internal interface ILogFileSystem
{
    void CreateFolder(string path);

    /// <summary>Opens a file for reading and writing, or makes it; others may read, move and delete it meanwhile.</summary>
    SafeFileHandle Open(string path);

    long GetLength(SafeFileHandle file);

    void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset);
}
