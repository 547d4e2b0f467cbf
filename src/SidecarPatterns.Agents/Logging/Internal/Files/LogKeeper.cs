using System.IO.Compression;

namespace SidecarPatterns;

/// <summary>Looks after the files that are done: compresses them, and deletes the oldest. On the thread pool, one round after the other.</summary>
/// <remarks>Another process may do the same in the same folder: what is gone already is well.</remarks>
internal sealed class LogKeeper(string folder, string name, LogFileOptions options, TimeProvider timeProvider, Action<string> tell) : IDisposable
{
    private const string Unfinished = ".tmp";
    private const int BlockSize = 80 << 10;

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _end = new();
    private Task _round = Task.CompletedTask;

    // Guarded by the lock: a round that begins late goes by what is current then. The next one may have been begun: it is told of once it has a line.
    private LogFileName _current;

    /// <summary>Completes when the rounds that were begun are over.</summary>
    public Task Done
    {
        get
        {
            lock (_lock)
            {
                return _round;
            }
        }
    }

    /// <summary>Begins a round.</summary>
    /// <param name="current">The file that is written to.</param>
    public void Begin(LogFileName current)
    {
        lock (_lock)
        {
            _current = current;
            _round = Unflowed.Run(
                static keeper => keeper._round.ContinueWith(
                    _ => keeper.Run(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default),
                this);
        }
    }

    /// <summary>Ends a round that is under way at its next step; what it was at is done at the next start.</summary>
    public void Dispose() => _end.Cancel();

    private void Run()
    {
        try
        {
            _end.Token.ThrowIfCancellationRequested();
            if (options.Compress)
            {
                CompressAll();
            }

            DeleteOldest();
        }
        catch (OperationCanceledException)
        {
            // The process ends.
        }
#pragma warning disable CA1031 // The edge of the round: the next one tries again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            tell($"Old log files in '{folder}' can not be looked after: {exception.Message}");
        }
    }

    private void CompressAll()
    {
        var current = ReadCurrent();
        foreach (var (file, info) in LogFileName.FindAll(folder, name))
        {
            if (file.Slot == current.Slot && !file.IsCompressed && file.IsBefore(current))
            {
                _end.Token.ThrowIfCancellationRequested();
                Compress(info.FullName, Path.Combine(folder, (file with { IsCompressed = true }).ToString(name)));
            }
        }
    }

    private LogFileName ReadCurrent()
    {
        lock (_lock)
        {
            return _current;
        }
    }

    private void Compress(string from, string to)
    {
        var unfinished = to + Unfinished;
        try
        {
            using (var source = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0))
            using (var zip = new GZipStream(File.Create(unfinished), CompressionLevel.Optimal))
            {
                var block = new byte[BlockSize];
                for (int read; (read = source.Read(block)) > 0;)
                {
                    _end.Token.ThrowIfCancellationRequested();
                    zip.Write(block, 0, read);
                }
            }

            File.SetLastWriteTimeUtc(unfinished, File.GetLastWriteTimeUtc(from)); // Its age is that of its lines.
            File.Move(unfinished, to, overwrite: true);
            File.Delete(from);
        }
        catch (FileNotFoundException)
        {
            // Somebody has taken it away.
        }
        finally
        {
            File.Delete(unfinished); // Does nothing once it has its name.
        }
    }

    private void DeleteOldest()
    {
        var files = LogFileName.FindAll(folder, name);
        var current = ReadCurrent();
        var newest = files.GroupBy(static file => file.Name.Slot).Select(static slot => slot.Last().Name).ToHashSet(); // Another process may write to it.
        var left = files.Count;
        var bytes = files.Sum(static file => file.File.Length);
        var bornBefore = options.MaxAge is { } maxAge ? timeProvider.GetUtcNow().UtcDateTime - maxAge : DateTime.MinValue;
        foreach (var (file, info) in files)
        {
            var isOver = !newest.Contains(file) && (file.Slot != current.Slot || file.IsBefore(current));
            if (isOver && (left > options.MaxFiles || bytes > options.MaxTotalBytes || info.LastWriteTimeUtc < bornBefore))
            {
                bytes -= info.Length; // Before: once it is deleted, it has none.
                left--;
                info.Delete();
            }
        }
    }
}
