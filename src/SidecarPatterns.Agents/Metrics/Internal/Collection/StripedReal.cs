using System.Runtime.InteropServices;

namespace SidecarPatterns;

/// <summary>A sum of real numbers.</summary>
internal struct StripedReal
{
    private double _first;
    private Cell[]? _cells; // Made once threads have met at the first.

    public void Add(double value)
    {
        var cells = Volatile.Read(ref _cells);
        if (cells is null)
        {
            if (Stripes.TryAdd(ref _first, value))
            {
                return;
            }

            cells = Interlocked.CompareExchange(ref _cells, new Cell[Stripes.Count], null) ?? _cells!;
        }

        Stripes.Add(ref cells[Stripes.Mine].Value, value);
    }

    public readonly double Read()
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
        public double Value;
    }
}
