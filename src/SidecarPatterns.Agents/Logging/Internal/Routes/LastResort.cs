namespace SidecarPatterns;

/// <summary>Standard error, for lines that nothing else takes, and for what the agent can tell nowhere else. Thread-safe; never fails.</summary>
internal sealed class LastResort(Func<Stream> open, TimeProvider timeProvider)
{
    private readonly Lock _lock = new();
    private readonly LineBuffer _line = new();
    private readonly PlainLine _plain = new();
    private readonly JsonLine _json = new();
    private Stream? _stream;

    public void Write(LogEntry entry) => Write(entry, StandardErrorFormat.Plain);

    public void Write(LogEntry entry, StandardErrorFormat format)
    {
        lock (_lock)
        {
            using (LineGuard.Enter())
            {
                Append(entry, format);
                Flush();
            }
        }
    }

    /// <summary>Writes many lines, in few writes.</summary>
    public void Write(IReadOnlyList<LogEntry> entries, StandardErrorFormat format)
    {
        lock (_lock)
        {
            using (LineGuard.Enter())
            {
                for (var i = 0; i < entries.Count; i++)
                {
                    Append(entries[i], format);
                    if (_line.Count >= LogSidecarConstants.StandardErrorBytes)
                    {
                        Flush();
                    }
                }

                Flush();
            }
        }
    }

    /// <summary>Tells of the agent itself.</summary>
    public void Tell(string text)
    {
        lock (_lock)
        {
            new TimeText().Append(_line, timeProvider.GetUtcNow().UtcTicks);
            _line.Append(" warn SidecarPatterns.LogAgent "u8);
            PlainLine.AppendText(_line, text);
            _line.Append((byte)'\n');
            Flush();
        }
    }

    private void Append(LogEntry entry, StandardErrorFormat format)
    {
        if (format == StandardErrorFormat.Json)
        {
            _json.Append(_line, entry);
        }
        else
        {
            _plain.Append(_line, entry);
        }
    }

    private void Flush()
    {
        try
        {
            _stream ??= open();
            _stream.Write(_line.Written);
            _stream.Flush();
        }
#pragma warning disable CA1031 // Closed, or a pipe that nobody reads: there is nowhere left to say so.
        catch (Exception)
#pragma warning restore CA1031
        {
        }

        _line.Clear();
    }
}
