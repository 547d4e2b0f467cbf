using Microsoft.Win32.SafeHandles;

namespace SidecarPatterns.Tests;

/// <summary>Real files whose writes can be held, cut short or failed.</summary>
internal sealed class ScriptedFileSystem : ILogFileSystem
{
    private readonly LogFileSystem _inner = new();
    private int _writes;

    /// <summary>Called before each write, with the bytes that it has; what it throws fails the write.</summary>
    public Action<int>? OnWrite { get; set; }

    /// <summary>How many bytes a failing write gets done first.</summary>
    public int WrittenBeforeFailure { get; set; }

    /// <summary>How many writes were begun.</summary>
    public int Writes => Volatile.Read(ref _writes);

    public void CreateFolder(string path) => _inner.CreateFolder(path);

    public SafeFileHandle Open(string path) => _inner.Open(path);

    public long GetLength(SafeFileHandle file) => _inner.GetLength(file);

    public void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
    {
        Interlocked.Increment(ref _writes);
        try
        {
            OnWrite?.Invoke(bytes.Length);
        }
        catch
        {
            _inner.Write(file, bytes[..Math.Min(WrittenBeforeFailure, bytes.Length)], offset);
            throw;
        }

        _inner.Write(file, bytes, offset);
    }
}
