using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>A line that the application logged, as the sinks of the log agent are given it.</summary>
/// <remarks>
/// It does not change any more, may be read by any thread, and may be kept. Text is made of it where it is asked for: on the thread of the sink, not of the
/// application.
/// </remarks>
public abstract class LogEntry
{
    private IReadOnlyList<object>? _scopes;
    private int _holders;

    private protected LogEntry()
    {
    }

    /// <summary>When it was logged.</summary>
    public DateTimeOffset Timestamp => new(Ticks, TimeSpan.Zero);

    /// <summary>How much it matters.</summary>
    public LogLevel Level { get; internal set; }

    /// <summary>The category of the logger.</summary>
    public string Category => Source.Category;

    /// <summary>The number and the name of the event; zero and <see langword="null"/> where it has none.</summary>
    public EventId EventId { get; internal set; }

    /// <summary>The text, with its values in it.</summary>
    public abstract string Message { get; }

    /// <summary>The text with the names of its values in braces; <see langword="null"/> where there is none.</summary>
    public abstract string? Template { get; }

    /// <summary>The values, by name, in their order; without the template.</summary>
    /// <value>Numbers, times and other values that can not change have their types, collections are arrays of such; of all else it is the text.</value>
    public abstract IReadOnlyList<KeyValuePair<string, object?>> Properties { get; }

    /// <summary>The exception; <see langword="null"/> where there is none.</summary>
    public Exception? Exception { get; internal set; }

    /// <summary>The scopes it was logged in, outermost first.</summary>
    /// <value>Each is a text, or values by name as a <c>KeyValuePair&lt;string, object?&gt;[]</c>. Empty unless <see cref="LogSidecarOptions.IncludeScopes"/>
    /// is set.</value>
    public IReadOnlyList<object> Scopes
    {
        get => _scopes ?? [];
        internal set => _scopes = value.Count == 0 ? null : value;
    }

    /// <summary>The id of the trace it was logged in, 32 hexadecimal digits; <see langword="null"/> where there was none.</summary>
    public string? TraceId => Trace == default ? null : Trace.ToHexString();

    /// <summary>The id of the span it was logged in, 16 hexadecimal digits; <see langword="null"/> where there was none.</summary>
    public string? SpanId => Trace == default ? null : Span.ToHexString();

    /// <summary>The time, in ticks of UTC.</summary>
    internal long Ticks { get; set; }

    /// <summary>Where it was logged.</summary>
    internal LogSource Source { get; set; } = LogSource.Agent;

    internal ActivityTraceId Trace { get; set; }

    internal ActivitySpanId Span { get; set; }

    /// <summary>How many stock sinks are given it; 0 where others are too, who may keep it: then it is never used again.</summary>
    internal int Holders { set => _holders = value; }

    /// <summary>The text.</summary>
    /// <returns><see cref="Message"/>.</returns>
    public override string ToString() => Message;

    /// <summary>Says what every line has. An entry that is used again has most of it already: to write it once more would cost more than to look.</summary>
    internal void Begin(LogSource source, LogLevel level, in EventId id, Exception? exception, long ticks)
    {
        Ticks = ticks;
        Level = level;
        if (!ReferenceEquals(Source, source))
        {
            Source = source;
        }

        if (EventId.Id != id.Id || !ReferenceEquals(EventId.Name, id.Name))
        {
            EventId = id;
        }

        if (exception is not null)
        {
            Exception = exception;
        }
    }

    /// <summary>A stock sink is done with it.</summary>
    internal void Release()
    {
        if (_holders == 1 || (_holders > 1 && Interlocked.Decrement(ref _holders) == 0))
        {
            Recycle();
        }
    }

    /// <summary>A stock sink is done with a batch.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="ct">Of the call that handles it: once that has been given up on, somebody else has the lines too.</param>
    internal static void Release(IReadOnlyList<LogEntry> batch, CancellationToken ct)
    {
        if (ct.IsCancellationRequested)
        {
            return;
        }

        for (var i = 0; i < batch.Count; i++)
        {
            batch[i].Release();
        }
    }

    /// <summary>How many values it has; the template does not count.</summary>
    internal abstract int ValueCount { get; }

    internal abstract KeyValuePair<string, object?> ValueAt(int index);

    /// <summary>
    /// The values, the template behind them, where the text is the template with the values in it, as <see cref="LoggerMessage"/> makes it: then it can be
    /// written without being made. <see langword="null"/> for any other line.
    /// </summary>
    internal virtual IReadOnlyList<KeyValuePair<string, object?>>? ReadPlain() => null;

    /// <summary>Nobody has it any more.</summary>
    private protected virtual void Recycle()
    {
    }

    /// <summary>Writes to each of its lines of the cache, what it says already. Only while nobody has it.</summary>
    private protected void Warm()
    {
        _scopes = null;
        _holders = 0;
        Ticks = 0;
    }

    /// <summary>Forgets what it was about.</summary>
    private protected void Clear()
    {
        _holders = 0;
        Exception = null;
        _scopes = null;
        if (Trace != default)
        {
            Trace = default;
            Span = default;
        }
    }
}
