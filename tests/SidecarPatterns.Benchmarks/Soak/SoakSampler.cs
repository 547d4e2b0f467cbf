using System.Diagnostics;

namespace SidecarPatterns.Benchmarks;

/// <summary>Takes samples of this process.</summary>
internal sealed class SoakSampler
{
    private const string Handles = "/proc/self/fd";
    private const string Threads = "/proc/self/task";

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private int _collections = GC.CollectionCount(GC.MaxGeneration);

    public SoakSample Take()
    {
        int collections = GC.CollectionCount(GC.MaxGeneration) - _collections;
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        _collections = GC.CollectionCount(GC.MaxGeneration);
        using var process = Process.GetCurrentProcess();
        return new(
            _clock.Elapsed,
            GC.GetTotalMemory(forceFullCollection: false),
            process.WorkingSet64,
            Directory.Exists(Handles) ? Directory.GetFiles(Handles).Length : process.HandleCount,
            Directory.Exists(Threads) ? Directory.GetDirectories(Threads).Length : process.Threads.Count,
            ThreadPool.ThreadCount,
            Timer.ActiveCount,
            collections);
    }
}
