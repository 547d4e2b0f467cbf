using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>One of the things that must not grow.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Read">Reads it from a sample.</param>
/// <param name="Bound">By how much the floor of the last quarter may exceed that of the first one.</param>
/// <param name="Share">... or by this part of the first, whichever is more.</param>
/// <param name="Format">How it is printed.</param>
/// <remarks>
/// The floor is what a tenth of the samples stays below: what is held while little goes on. A moment in which the machine is busy with other things has calls
/// and connections pile up, which raises the median; only what is never given back raises the floor. An object for each call would be 6 MB in half an hour.
/// </remarks>
internal sealed record SoakMeasure(string Name, Func<SoakSample, double> Read, double Bound, double Share, Func<double, string> Format)
{
    private const double Megabyte = 1 << 20;

    public static IReadOnlyList<SoakMeasure> All { get; } =
    [
        new("managed heap, MB", static sample => sample.Heap, 1.5 * Megabyte, 0.05, Megabytes),
        new("working set, MB", static sample => sample.WorkingSet, 16 * Megabyte, 0.1, Megabytes),
        new("handles", static sample => sample.Handles, 16, 0, Number),
        new("threads", static sample => sample.Threads, 6, 0, Number),
        new("pool threads", static sample => sample.PoolThreads, 6, 0, Number),
        new("timers", static sample => sample.Timers, 16, 0, Number),
        new("oldest collections a sample", static sample => sample.Collections, 1, 0, Number),
    ];

    private static string Megabytes(double bytes) => (bytes / Megabyte).ToString("0.00", CultureInfo.InvariantCulture);

    private static string Number(double number) => number.ToString("0.0", CultureInfo.InvariantCulture);
}
