using System.Diagnostics;

namespace SidecarPatterns;

/// <summary>Whether one lane's calls are so short that a second lane would cost more than it helps. The lane's own.</summary>
/// <remarks>Looks at the clock once in a run of messages. Only messages that follow each other without a wait are a run.</remarks>
internal struct LanePace
{
    private const int Run = 32;

    // What handing a message over to another processor costs, and a little more; with a handler that does nothing a message takes 20 to 60 ns.
    private const int QuickNanoseconds = 250;

    /// <summary>How many ticks of the clock a run may take to be quick. Real time: it tells of the processor and means nothing to the application.</summary>
    public static readonly long QuickRun = Run * QuickNanoseconds * Stopwatch.Frequency / 1_000_000_000;

    private int _taken;
    private long _since;

    /// <summary>Counts a message that was taken.</summary>
    /// <param name="quickRun">How many ticks a run may take to be quick.</param>
    /// <returns>At the end of a run, whether it was quick; else <see langword="null"/>.</returns>
    public bool? Count(long quickRun)
    {
        if (_taken++ % Run != 0)
        {
            return null;
        }

        var since = _since;
        _since = Stopwatch.GetTimestamp();
        return _taken == 1 ? null : _since - since <= quickRun;
    }

    /// <summary>There was nothing to take: a new run begins with the next message.</summary>
    public void Break() => _taken = 0;
}
