namespace SidecarPatterns;

/// <summary>Tells when something in a folder has changed, where the system can; who listens must look by himself from time to time all the same.</summary>
/// <remarks>The link <c>..data</c> is in the folder: that it is replaced is told, although the files themselves are not touched.</remarks>
/// <param name="folder">The folder.</param>
/// <param name="onChanged">Called on any thread.</param>
internal sealed class FolderWatch(string folder, Action onChanged) : IDisposable
{
    private FileSystemWatcher? _watcher;
    private bool _hasTold;

    /// <summary>Whether it has told of a change since it was last asked.</summary>
    public bool TakeTold() => Interlocked.Exchange(ref _hasTold, false);

    /// <summary>Begins anew, for a folder that may have been replaced: what was watched then is that no more.</summary>
    /// <returns>Why it can not be watched; <see langword="null"/> if it is.</returns>
    public string? Begin()
    {
        Dispose();
        try
        {
            var watcher = new FileSystemWatcher(folder)
            {
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size | NotifyFilters.CreationTime,
            };
            _watcher = watcher;
            watcher.Changed += (_, _) => Tell();
            watcher.Created += (_, _) => Tell();
            watcher.Deleted += (_, _) => Tell();
            watcher.Renamed += (_, _) => Tell();
            watcher.Error += (_, _) => Tell(); // Some events were lost.
            watcher.EnableRaisingEvents = true;
            return null;
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            Dispose();
            return exception.Message; // It names the folder, or the system's limit.
        }
    }

    private void Tell()
    {
        Volatile.Write(ref _hasTold, true);
        onChanged();
    }

    public void Dispose()
    {
        _watcher?.Dispose();
        _watcher = null;
    }
}
