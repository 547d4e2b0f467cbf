using System.Diagnostics;

namespace SidecarPatterns.Benchmarks;

/// <summary>How long this process was kept waiting by a machine that has too much to do; a child fares no better. Limits of time are longer by that.</summary>
internal static class Starvation
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(20);

    private static long _ticks;

    static Starvation() => new Thread(Watch) { IsBackground = true }.Start();

    /// <summary>All of it so far.</summary>
    public static TimeSpan Total => TimeSpan.FromTicks(Interlocked.Read(ref _ticks));

    private static void Watch()
    {
        while (true)
        {
            long start = Stopwatch.GetTimestamp();
            Thread.Sleep(Period);
            TimeSpan late = Stopwatch.GetElapsedTime(start) - Period;
            if (late > Period)
                Interlocked.Add(ref _ticks, late.Ticks);
        }
    }
}
