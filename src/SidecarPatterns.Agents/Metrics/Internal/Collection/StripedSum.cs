using System.Numerics;
using System.Runtime.InteropServices;

namespace SidecarPatterns;

/// <summary>A sum of whole numbers, or of real ones.</summary>
/// <typeparam name="T"><see cref="long"/> or <see cref="double"/>.</typeparam>
internal struct StripedSum<T>
    where T : struct, INumber<T>
{
    private T _first;
    private Cell[]? _cells; // Made once threads have met at the first.

    public void Add(T value)
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

    public T Read()
    {
        var sum = Stripes.Read(ref _first);
        foreach (ref var cell in Volatile.Read(ref _cells).AsSpan())
        {
            sum += Stripes.Read(ref cell.Value);
        }

        return sum;
    }

    [StructLayout(LayoutKind.Sequential, Size = 128)]
    private struct Cell
    {
        public T Value;
    }
}
