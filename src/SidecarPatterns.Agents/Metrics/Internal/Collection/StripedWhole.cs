using System.Runtime.InteropServices;

namespace SidecarPatterns;

/// <summary>A sum of whole numbers.</summary>
internal struct StripedWhole
{
    private long _first;
    private Cell[]? _cells; // Made once threads have met at the first.

    public void Add(long value)
    {
        var cells = Volatile.Read(ref _cells);
        if (cells is null)
        {
            var seen = Volatile.Read(ref _first);
            if (Interlocked.CompareExchange(ref _first, seen + value, seen) == seen)
            {
                return;
            }

            cells = Interlocked.CompareExchange(ref _cells, new Cell[Stripes.Count], null) ?? _cells!;
        }

        Interlocked.Add(ref cells[Stripes.Mine].Value, value);
    }

    public readonly long Read()
    {
        var sum = Volatile.Read(in _first);
        foreach (ref var cell in Volatile.Read(in _cells).AsSpan())
        {
            sum += Volatile.Read(ref cell.Value);
        }

        return sum;
    }

    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Cell
    {
        [FieldOffset(0)]
        public long Value;
    }
}
