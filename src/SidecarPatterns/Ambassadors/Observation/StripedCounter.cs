using System.Runtime.InteropServices;

namespace SidecarPatterns;

/// <summary>A count to which every core adds in a place of its own, so that they do not wait for each other. Thread-safe.</summary>
internal sealed class StripedCounter
{
    private readonly Cell[] _cells = new Cell[Environment.ProcessorCount];

    public void Increment() => Interlocked.Increment(ref _cells[Thread.GetCurrentProcessorId() % _cells.Length].Count);

    public long Sum()
    {
        long sum = 0;
        for (var i = 0; i < _cells.Length; i++)
        {
            sum += Interlocked.Read(ref _cells[i].Count);
        }

        return sum;
    }

    [StructLayout(LayoutKind.Explicit, Size = 128)] // Two cache lines: processors fetch them in pairs.
    private struct Cell
    {
        [FieldOffset(64)]
        public long Count;
    }
}
