using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>The way to one sink: its queue, and what becomes of lines that the queue does not take.</summary>
internal sealed class LogRoute : IDisposable
{
    private const int ReservePart = 10; // The last tenth of the queue is for errors.
    private const int RoomyPart = 4; // Of losses is told when a quarter of it is free again, so that a queue which is nearly full is not filled with that.

    private readonly SidecarWriter<LogEntry> _writer;
    private readonly LogOutlet? _outlet;
    private readonly LastResort _lastResort;
    private readonly bool _waits;
    private readonly int _reserve;
    private readonly int _roomy;
    private readonly LogLosses _losses;

    /// <param name="name">The name of the sink.</param>
    /// <param name="writer">Feeds its queue.</param>
    /// <param name="outlet">Where a stock sink brings its lines; <see langword="null"/> for a sink of the user's.</param>
    /// <param name="waits">Whether callers wait for room.</param>
    /// <param name="lastResort">Takes what is not to be lost and finds no room.</param>
    /// <param name="timeProvider">The clock.</param>
    public LogRoute(string name, SidecarWriter<LogEntry> writer, LogOutlet? outlet, bool waits, LastResort lastResort, TimeProvider timeProvider)
    {
        Name = name;
        _writer = writer;
        _outlet = outlet;
        _waits = waits;
        _lastResort = lastResort;
        _reserve = waits ? 0 : writer.Capacity / ReservePart;
        _roomy = writer.Capacity - (writer.Capacity / RoomyPart);
        _losses = new LogLosses(timeProvider, () => TellLosses(reserve: 0));
        TimeProvider = timeProvider;
    }

    public string Name { get; }

    /// <summary>Whether the sink is the user's own, who may keep what it is given.</summary>
    public bool IsUsers => _outlet is null;

    /// <summary>Whether the caller is the sink itself.</summary>
    public bool IsInsideSink => _writer.IsInsideHandler;

    /// <summary>How many lines were lost, ever.</summary>
    public long Lost => _losses.Total;

    private TimeProvider TimeProvider { get; }

    /// <summary>Sends a line on its way, or counts and tells that it is lost.</summary>
    /// <returns><see langword="false"/> if the sink has ended, and nobody has the line.</returns>
    public bool Post(LogEntry entry)
    {
        if (_losses.Any && _writer.Count < _roomy)
        {
            TellLosses(_reserve); // Looked at first: the queue would count as dropped what it does not take.
        }

        if (_outlet is { IsServed: false })
        {
            return Deliver(entry);
        }

        var result = entry.Level >= LogLevel.Error ? _writer.Publish(entry) : _writer.Publish(entry, _reserve);
        return result.IsAccepted || OnRefused(entry, result.Reason);
    }

    /// <summary>Tells of what is lost, now or never: the process ends.</summary>
    public void Dispose()
    {
        if (_losses.Take(out var count, out var since))
        {
            var notice = NoticeEntry.LinesLost(TimeProvider.GetUtcNow(), Name, count, since);
            if (_outlet is null)
            {
                _lastResort.Write(notice);
            }
            else
            {
                _outlet.WriteNow(notice);
            }
        }

        _losses.Dispose();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool OnRefused(LogEntry entry, PublishReason reason)
    {
        if (reason is not (PublishReason.Full or PublishReason.OwnQueueFull))
        {
            return Deliver(entry);
        }

        if (_waits && !_writer.IsInsideHandler)
        {
            return Wait(entry);
        }

        if (IsUsers || entry.Level < LogLevel.Error)
        {
            _losses.Count();
        }
        else
        {
            _lastResort.Write(entry);
        }

        Release(entry);
        return true;
    }

    /// <summary>There is no sink: who logs a line writes it himself.</summary>
    private bool Deliver(LogEntry entry)
    {
        if (_outlet is null)
        {
            return false;
        }

        _outlet.WriteNow(entry);
        entry.Release();
        return true;
    }

    private bool Wait(LogEntry entry)
    {
        try
        {
            var write = _writer.WriteAsync(entry);
            if (write.IsCompleted)
            {
                write.GetAwaiter().GetResult();
            }
            else
            {
                write.AsTask().GetAwaiter().GetResult(); // That is what was asked for: who logs waits for room.
            }

            return true;
        }
        catch (Exception exception) when (exception is ChannelClosedException or InvalidOperationException)
        {
            return Deliver(entry);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void TellLosses(int reserve)
    {
        if (_losses.Take(out var count, out var since)
            && !_writer.Publish(NoticeEntry.LinesLost(TimeProvider.GetUtcNow(), Name, count, since), reserve).IsAccepted)
        {
            _losses.PutBack(count, since);
        }
    }

    private void Release(LogEntry entry)
    {
        if (!IsUsers)
        {
            entry.Release();
        }
    }
}
