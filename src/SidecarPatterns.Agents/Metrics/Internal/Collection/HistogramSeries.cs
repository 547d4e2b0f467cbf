using System.Runtime.CompilerServices;

namespace SidecarPatterns;

/// <summary>How many measurements fell into each bucket, and their sum.</summary>
/// <param name="tags">The tags as they are shown.</param>
/// <param name="text">What they read as.</param>
/// <param name="boundaries">The upper boundaries of the buckets, ascending; each is included in its bucket.</param>
internal sealed class HistogramSeries(KeyValuePair<string, object?>[] tags, string text, double[] boundaries) : Series(tags, text)
{
    private readonly Cell _first = new(boundaries.Length + 1);
    private Cell[]? _cells; // Made once threads have met at the first.

    public override void Record(long value) => Record((double)value);

    public override void Record(double value)
    {
        var cells = Volatile.Read(ref _cells);
        var cell = cells is null ? _first : cells[Stripes.Mine];
        Interlocked.Increment(ref cell.Counts[BucketOf(value)]);
        if (!Stripes.TryAdd(ref cell.Sum, value))
        {
            AddContended(cell, value);
        }
    }

    public override void Read(Span<long> slots)
    {
        slots.Clear();
        var sum = _first.AddTo(slots);
        foreach (var cell in Volatile.Read(ref _cells) ?? [])
        {
            sum += cell.AddTo(slots);
        }

        slots[^1] = BitConverter.DoubleToInt64Bits(sum);
    }

    // The first boundary that is not below the value, by halving.
    private int BucketOf(double value)
    {
        var from = 0;
        for (var left = boundaries.Length; left > 0;)
        {
            var half = left >> 1;
            if (boundaries[from + half] < value)
            {
                from += half + 1;
                left -= half + 1;
            }
            else
            {
                left = half;
            }
        }

        return from;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AddContended(Cell cell, double value)
    {
        if (Volatile.Read(ref _cells) is null)
        {
            var cells = new Cell[Stripes.Count];
            for (var i = 0; i < cells.Length; i++)
            {
                cells[i] = new Cell(boundaries.Length + 1);
            }

            Interlocked.CompareExchange(ref _cells, cells, null);
        }

        Stripes.Add(ref cell.Sum, value);
    }

    private sealed class Cell(int buckets)
    {
        public readonly long[] Counts = new long[buckets];
        public double Sum;

        public double AddTo(Span<long> slots)
        {
            for (var i = 0; i < Counts.Length; i++)
            {
                slots[i] += Volatile.Read(ref Counts[i]);
            }

            return Stripes.Read(ref Sum);
        }
    }
}
