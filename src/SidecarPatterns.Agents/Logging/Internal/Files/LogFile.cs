using Microsoft.Win32.SafeHandles;

namespace SidecarPatterns;

/// <summary>The file that lines are written to at present: which one that is, and whether it is still there. One thread at a time.</summary>
internal sealed class LogFile(string folder, string name, long maxBytes, ILogFileSystem fileSystem) : IDisposable
{
    private LogSlot? _slot;
    private SafeFileHandle? _handle;

    // Up to where the file of this path is known to have whole lines, all of them this process's or older; what a failed write left behind that is cut.
    private string? _knownPath;
    private long _knownLength;

    public LogFileName Name { get; private set; }

    public string? Path { get; private set; }

    /// <summary>How many bytes it has.</summary>
    public long Length { get; private set; }

    public bool IsOpen => _handle is not null;

    /// <summary>Opens the newest file of a day, or begins one.</summary>
    /// <returns>The files from whose end a torn line was cut, and how many bytes.</returns>
    public List<(string Path, long Bytes)> Open(DateOnly day)
    {
        Close();
        fileSystem.CreateFolder(folder);
        if (_slot is not null && !_slot.Holds(folder, name))
        {
            _slot.Dispose();
            _slot = null;
        }

        var isFirst = _slot is null;
        _slot ??= LogSlot.Take(folder, name);
        var ofSlot = LogFileName.FindAll(folder, name).FindAll(file => file.Name.Slot == _slot.Number);
        var torn = new List<(string, long)>();
        if (isFirst && ofSlot.Count > 0 && ofSlot[^1] is var (last, file) && !last.IsCompressed && last.Day != day)
        {
            Repair(file.FullName, torn); // It was written to when the process before this one ended.
        }

        var ofDay = ofSlot.FindAll(file => file.Name.Day == day);
        var next = ofDay.Count == 0 ? new LogFileName(_slot.Number, day, 1, IsCompressed: false)
            : ofDay[^1].Name is { IsCompressed: false } newest && ofDay[^1].File.Length < maxBytes ? newest
            : ofDay[^1].Name with { Number = ofDay[^1].Name.Number + 1, IsCompressed = false };
        Open(next, torn);
        return torn;
    }

    /// <summary>Begins the next file of the day.</summary>
    public void BeginNext()
    {
        var next = Name with { Number = Name.Number + 1 };
        Close();
        Open(next, []);
    }

    /// <summary>Writes bytes at the end, as it is now.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        // Somebody may have cut it short, or have written to it: logrotate's copytruncate does the first.
        Length = fileSystem.GetLength(_handle!);
        fileSystem.Write(_handle!, bytes, Length);
        Length += bytes.Length;
        (_knownPath, _knownLength) = (Path, Length);
    }

    /// <summary>Whether what is found under its path is the file that is open.</summary>
    public bool IsStillThere()
    {
        var found = new FileInfo(Path!);
        return found.Exists && found.Length == fileSystem.GetLength(_handle!) && found.CreationTimeUtc == File.GetCreationTimeUtc(_handle!);
    }

    /// <summary>Closes the file, but keeps the right to write to it.</summary>
    public void Close()
    {
        _handle?.Dispose();
        _handle = null;
        Path = null;
    }

    public void Dispose()
    {
        Close();
        _slot?.Dispose();
        _slot = null;
    }

    private void Open(LogFileName file, List<(string Path, long Bytes)> torn)
    {
        var path = System.IO.Path.Combine(folder, file.ToString(name));
        var handle = fileSystem.Open(path);
        try
        {
            if (path == _knownPath && RandomAccess.GetLength(handle) > _knownLength)
            {
                RandomAccess.SetLength(handle, _knownLength); // Of a write that failed half-way: its lines come once more.
            }
            else
            {
                Repair(handle, path, torn);
            }

            Length = RandomAccess.GetLength(handle);
            (_knownPath, _knownLength) = (path, Length);
            (_handle, Path, Name) = (handle, path, file);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private void Repair(string path, List<(string Path, long Bytes)> torn)
    {
        using var handle = fileSystem.Open(path);
        Repair(handle, path, torn);
    }

    private static void Repair(SafeFileHandle handle, string path, List<(string Path, long Bytes)> torn)
    {
        var length = RandomAccess.GetLength(handle);
        var end = TornLine.FindEnd(handle);
        if (end < length)
        {
            RandomAccess.SetLength(handle, end);
            torn.Add((path, length - end));
        }
    }
}
