using System.Diagnostics;

namespace SidecarPatterns.Benchmarks;

/// <summary>What one round of one side took, per message.</summary>
internal readonly record struct Sample(double Nanoseconds, double Bytes, double CpuNanoseconds)
{
    /// <summary>A round takes milliseconds: what has not arrived by then is lost, and the round fails.</summary>
    private static readonly TimeSpan Lost = TimeSpan.FromSeconds(10);

    /// <summary>How long a side has to calm down; what it burns then is charged to it as well.</summary>
    private static readonly TimeSpan Calm = TimeSpan.FromMilliseconds(2);

    /// <summary>Runs one round and measures it.</summary>
    /// <remarks>Blocks its thread, which must not be one of the pool's: those belong to what is measured.</remarks>
    public static Sample Take(IContender contender, int messages)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();

        long bytes = GC.GetTotalAllocatedBytes(precise: true);
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();

        contender.RunAsync(messages).WaitAsync(Lost).GetAwaiter().GetResult();

        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        Thread.Sleep(Calm);
        cpu = Environment.CpuUsage.TotalTime - cpu;
        bytes = GC.GetTotalAllocatedBytes(precise: true) - bytes;

        return new(elapsed.TotalNanoseconds / messages, (double)bytes / messages, cpu.TotalNanoseconds / messages);
    }
}
