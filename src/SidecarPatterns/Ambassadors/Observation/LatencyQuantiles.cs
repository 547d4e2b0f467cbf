using System.Numerics;

namespace SidecarPatterns;

/// <summary>The quantiles of the latest one to two thousand durations, to within 7 %, in buckets that double and are divided in sixteen each.</summary>
/// <remarks>
/// Thread-safe. The form is that of HdrHistogram. Two generations are kept: when one is full it becomes the older one, and the one before is forgotten. A
/// duration that is recorded just then may be counted in either.
/// </remarks>
internal sealed class LatencyQuantiles(TimeProvider clock)
{
    private const int Full = 1024;
    private const int StepBits = 4;
    private const int Steps = 1 << StepBits;
    private const int Buckets = (64 - StepBits) * Steps;

    private readonly Lock _lock = new();
    private Generation _newer = new();
    private Generation? _older;

    public void Record(long ticks)
    {
        var newer = Volatile.Read(ref _newer);
        Interlocked.Increment(ref newer.Counts[BucketOf(Math.Max(0, ticks))]);
        if (Interlocked.Increment(ref newer.Total) == Full)
        {
            Turn(newer);
        }
    }

    /// <summary>The duration that this part of the latest ones did not pass; <see langword="null"/> if there was none.</summary>
    public TimeSpan? Quantile(double part)
    {
        Generation newer;
        Generation? older;
        lock (_lock)
        {
            (newer, older) = (_newer, _older);
        }

        long total = 0;
        for (var bucket = 0; bucket < Buckets; bucket++)
        {
            total += CountOf(bucket);
        }

        var wanted = Math.Max(1, (long)Math.Ceiling(part * total));
        for (var bucket = 0; bucket < Buckets && total > 0; bucket++)
        {
            wanted -= CountOf(bucket);
            if (wanted <= 0)
            {
                return clock.GetElapsedTime(0, MiddleOf(bucket));
            }
        }

        return null;

        int CountOf(int bucket) => Volatile.Read(ref newer.Counts[bucket]) + (older is null ? 0 : Volatile.Read(ref older.Counts[bucket]));
    }

    private void Turn(Generation full)
    {
        lock (_lock)
        {
            if (_newer == full)
            {
                _older = full;
                Volatile.Write(ref _newer, new Generation());
            }
        }
    }

    private static int BucketOf(long ticks)
    {
        if (ticks < Steps)
        {
            return (int)ticks;
        }

        var shift = BitOperations.Log2((ulong)ticks) - StepBits;
        return ((shift + 1) << StepBits) + (int)((ticks >> shift) & (Steps - 1));
    }

    private static long MiddleOf(int bucket)
    {
        if (bucket < Steps)
        {
            return bucket;
        }

        var shift = (bucket >> StepBits) - 1;
        var from = (long)(Steps + (bucket & (Steps - 1))) << shift;
        return from + (1L << shift >> 1);
    }

    private sealed class Generation
    {
        public readonly int[] Counts = new int[Buckets];
        public int Total;
    }
}
