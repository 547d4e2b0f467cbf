namespace SidecarPatterns;

/// <summary>Tells when something in a folder has changed, where the system can; who listens must look by himself from time to time all the same.</summary>
/// <remarks>The link <c>..data</c> is in the folder: that it is replaced is told, although the files themselves are not touched.</remarks>
/// <param name="folder">The folder.</param>
/// <param name="onChanged">Called on any thread.</param>
internal sealed class FolderWatch(string folder, Action onChanged) : IDisposable
{
    private FileSystemWatcher? _watcher;

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
            watcher.Changed += (_, _) => onChanged();
            watcher.Created += (_, _) => onChanged();
            watcher.Deleted += (_, _) => onChanged();
            watcher.Renamed += (_, _) => onChanged();
            watcher.Error += (_, _) => onChanged(); // Some events were lost.
            watcher.EnableRaisingEvents = true;
            return null;
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            Dispose();
            return exception.Message; // It names the folder, or the system's limit.
        }
    }

    public void Dispose()
    {
        _watcher?.Dispose();
        _watcher = null;
    }
}
