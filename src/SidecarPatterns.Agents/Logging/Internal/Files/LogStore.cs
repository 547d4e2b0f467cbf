namespace SidecarPatterns;

/// <summary>The log file and all that goes on around it: what is written when, the day and the size, what goes wrong. Thread-safe.</summary>
/// <remarks>
/// The sink writes here what comes by its queue; callers do so themselves while there is no sink. A failed write closes the file: the next one opens it anew,
/// wherever it is then.
/// </remarks>
internal sealed class LogStore : LogOutlet, IDisposable
{
    private readonly LogFileOptions _options;
    private readonly string _folder;
    private readonly TimeProvider _timeProvider;
    private readonly LastResort _lastResort;
    private readonly LogFile _file;
    private readonly LogKeeper _keeper;
    private readonly LogOutage _outage;

    // Guarded by the lock.
    private readonly Lock _lock = new();
    private readonly LineBuffer _lines = new();
    private readonly JsonLine _json = new();
    private readonly List<LogEntry> _notices = []; // Of the agent's own, for the next write.
    private long _dayEnd;
    private long _lookedAt;
    private long _failedAt;
    private bool _isNew; // The file has been begun since the last write.
    private bool _isDisposed;
    private volatile string? _currentFile;

    public LogStore(LogFileOptions options, string folder, string name, TimeProvider timeProvider, LastResort lastResort, ILogFileSystem fileSystem)
    {
        _options = options;
        _folder = folder;
        _timeProvider = timeProvider;
        _lastResort = lastResort;
        _file = new LogFile(folder, name, options.MaxBytes, fileSystem);
        _keeper = new LogKeeper(folder, name, options, timeProvider, lastResort.Tell);
        _outage = new LogOutage(timeProvider);
    }

    public bool IsEnabled => _options.Enabled;

    /// <summary>The file that was written to last.</summary>
    public string? CurrentFile => _currentFile;

    /// <summary>Why lines can not be written at present; <see langword="null"/> where they can.</summary>
    public string? Error
    {
        get
        {
            lock (_lock)
            {
                return _outage.IsOn ? _outage.Error : null;
            }
        }
    }

    /// <summary>What is done with old files.</summary>
    public Task Kept => _keeper.Done;

    /// <summary>Writes some lines of a batch, in one write.</summary>
    /// <returns>Which one comes next. Where this throws, none of them is written.</returns>
    public int Write(IReadOnlyList<LogEntry> entries, int from)
    {
        lock (_lock)
        {
            using (LineGuard.Enter())
            {
                try
                {
                    MakeReady(entries[from].Ticks);
                    var next = Format(entries, from);
                    Append();
                    return next;
                }
                catch
                {
                    _file.Close();
                    throw;
                }
                finally
                {
                    _lines.Clear();
                }
            }
        }
    }

    /// <summary>A write failed.</summary>
    /// <returns>How long to wait before the next try.</returns>
    public TimeSpan OnFailure(Exception failure)
    {
        TimeSpan delay;
        string? news;
        lock (_lock)
        {
            _failedAt = _timeProvider.GetTimestamp();
            delay = _outage.OnFailure(failure, _folder, out news);
        }

        if (news is not null)
        {
            _lastResort.Tell(news); // Outside the lock: standard error may be a pipe that nobody reads.
        }

        return delay;
    }

    public override void WriteNow(LogEntry entry)
    {
        if (!IsEnabled || !TryWriteNow(entry))
        {
            _lastResort.Write(entry);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _file.Dispose();
        }

        _keeper.Dispose();
    }

    private bool TryWriteNow(LogEntry entry)
    {
        try
        {
            lock (_lock)
            {
                if (_isDisposed || (_outage.IsOn && _timeProvider.GetElapsedTime(_failedAt) < LogSidecarConstants.LookInterval))
                {
                    return false;
                }

                Write([entry], 0);
                return true;
            }
        }
#pragma warning disable CA1031 // Whatever it is: the line goes to standard error, and who logs it is not failed.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            OnFailure(exception);
            return false;
        }
    }

    /// <summary>Sees to it that a file is open, that it is of the day, and that it is still there.</summary>
    private void MakeReady(long ticks)
    {
        var now = _timeProvider.GetTimestamp();
        if (_file.IsOpen && _timeProvider.GetElapsedTime(_lookedAt, now) >= LogSidecarConstants.LookInterval)
        {
            _lookedAt = now;
            if (!_file.IsStillThere())
            {
                _notices.Add(NoticeEntry.FileReplaced(_timeProvider.GetUtcNow(), _file.Path!));
                _file.Close();
            }
        }

        if (_file.IsOpen && ticks < _dayEnd)
        {
            return; // A clock that is set back does not bring the day before back.
        }

        // Opened anew for the same day or a later one.
        var day = DateOnly.FromDateTime(new DateTime(Math.Max(ticks, _dayEnd - TimeSpan.TicksPerDay)));
        foreach (var (path, bytes) in _file.Open(day))
        {
            _notices.Add(NoticeEntry.TornLineCut(_timeProvider.GetUtcNow(), path, bytes));
        }

        _lookedAt = now;
        _dayEnd = day.AddDays(1).ToDateTime(TimeOnly.MinValue).Ticks;
        OnBegun();
    }

    /// <summary>Makes text of lines, as many as go into one write and into the file.</summary>
    private int Format(IReadOnlyList<LogEntry> entries, int from)
    {
        foreach (var notice in _notices)
        {
            Format(notice);
        }

        var next = from;
        while (next < entries.Count && _lines.Count < LogSidecarConstants.ChunkBytes && (next == from || entries[next].Ticks < _dayEnd))
        {
            var before = _lines.Count;
            Format(entries[next]);
            if (_file.Length + _lines.Count > _options.MaxBytes && _file.Length + before > 0)
            {
                if (next > from)
                {
                    _lines.Truncate(before); // It is the first of the next write.
                    break;
                }

                _file.BeginNext();
                OnBegun();
            }

            next++;
        }

        return next;
    }

    private void Format(LogEntry entry)
    {
        try
        {
            _json.Append(_lines, entry);
        }
#pragma warning disable CA1031 // What can not be written today can not be written tomorrow: it must not hold up the lines behind it.
        catch (Exception exception) when (exception is not OutOfMemoryException)
#pragma warning restore CA1031
        {
            _json.Append(_lines, NoticeEntry.LineUnreadable(entry.Timestamp, entry.Category, exception));
        }
    }

    private void Append()
    {
        if (_outage.IsOn)
        {
            var resumed = NoticeEntry.WritingResumed(_timeProvider.GetUtcNow(), _outage.Duration, _outage.Error);
            Format(resumed);
        }

        _file.Append(_lines.Written);
        _notices.Clear();
        _outage.End();
        if (_isNew)
        {
            _isNew = false;
            _keeper.Begin(_file.Name);
        }
    }

    private void OnBegun()
    {
        _currentFile = _file.Path;
        _isNew = true;
    }
}
