using System.Numerics;

namespace SidecarPatterns;

/// <summary>The quantiles of the latest one to two thousand durations, to within 7 %, in buckets that double and are divided in sixteen each.</summary>
/// <remarks>
/// <para>
/// Thread-safe, and approximate where many use it: two durations that meet in a bucket may count as one, and whoever is held up between reading and writing may
/// put an old count back. It takes neither a lock nor memory, but for every thousandth duration, which has the generations change places: the full one becomes
/// the older one, and the one before is cleared and used again.
/// </para>
/// <para>The form is that of HdrHistogram.</para>
/// </remarks>
internal sealed class LatencyQuantiles(TimeProvider clock)
{
    private const int Full = 1024;
    private const int StepBits = 4;
    private const int Steps = 1 << StepBits;
    private const int Buckets = (64 - StepBits) * Steps;

    private readonly Lock _lock = new();
    private Generation _newer = new();
    private Generation _older = new();

    /// <summary>Adds a duration, in ticks of the clock.</summary>
    public void Record(long ticks)
    {
        var newer = Volatile.Read(ref _newer);
        newer.Counts[BucketOf(Math.Max(0, ticks))]++;
        if (Interlocked.Increment(ref newer.Total) >= Full)
        {
            Turn(newer);
        }
    }

    /// <summary>The duration that this part of the latest ones did not pass; <see langword="null"/> if there were not enough.</summary>
    public TimeSpan? Quantile(double part, int minimum = 1)
    {
        Span<int> counts = stackalloc int[Buckets];
        var total = CopyTo(counts);
        if (total < minimum)
        {
            return null;
        }

        var wanted = Math.Clamp((long)Math.Ceiling(part * total), 1, total);
        var bucket = 0;
        for (wanted -= counts[0]; wanted > 0; wanted -= counts[bucket])
        {
            bucket++;
        }

        return clock.GetElapsedTime(0, MiddleOf(bucket));
    }

    // What is counted while this goes on may be in it or not; what is read from here on does not change any more.
    private long CopyTo(Span<int> counts)
    {
        lock (_lock)
        {
            long total = 0;
            for (var bucket = 0; bucket < counts.Length; bucket++)
            {
                counts[bucket] = Volatile.Read(ref _newer.Counts[bucket]) + Volatile.Read(ref _older.Counts[bucket]);
                total += counts[bucket];
            }

            return total;
        }
    }

    private void Turn(Generation full)
    {
        lock (_lock)
        {
            if (_newer != full)
            {
                return; // Somebody else has been here.
            }

            var next = _older;
            next.Clear();
            _older = full;
            Volatile.Write(ref _newer, next);
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

        public void Clear()
        {
            Array.Clear(Counts);
            Volatile.Write(ref Total, 0);
        }
    }
}
