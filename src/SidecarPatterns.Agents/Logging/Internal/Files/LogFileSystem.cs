using Microsoft.Win32.SafeHandles;

namespace SidecarPatterns;

/// <summary>The system's own files.</summary>
internal sealed class LogFileSystem : ILogFileSystem
{
    public void CreateFolder(string path) => Directory.CreateDirectory(path);

    public SafeFileHandle Open(string path) =>
        File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    public long GetLength(SafeFileHandle file) => RandomAccess.GetLength(file);

    public void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(file, bytes, offset);
}
