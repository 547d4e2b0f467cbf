using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SidecarPatterns.Benchmarks;

/// <summary>Measures a part within its time and prints it, row by row.</summary>
internal static class PartRunner
{
    /// <summary>What the rows and what stands beside them share; below the 50 s that a part may take, to leave room for a slow moment.</summary>
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(42);

    public static PartResult Run(Part part, TextWriter output)
    {
        var clock = Stopwatch.StartNew();
        output.WriteLine(
            $"## {part.Name}: {part.Measured} ({RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} cores)");
        output.WriteLine();
        if (part.Rows.Count > 0)
            Table.WriteHeader(output);

        List<string> notes = [];
        List<RowResult> results = [];
        for (int i = 0; i < part.Rows.Count; i++)
        {
            // A row that took longer than its share shortens those that follow, not the sum.
            TimeSpan share = (Time - part.TimeBesideTable - clock.Elapsed) / (part.Rows.Count - i);
            RowResult result = Measure(part.Rows[i], share);
            results.Add(result);
            Table.Write(output, result);
            notes.AddRange(result.Notes);
        }

        notes.AddRange(part.MeasureBesideTable());
        output.WriteLine();
        notes.ForEach(output.WriteLine);
        output.WriteLine(FormattableString.Invariant($"{part.Name}: {clock.Elapsed.TotalSeconds:0.0} s"));
        output.WriteLine();
        return new PartResult(part, results);
    }

    private static RowResult Measure(Row row, TimeSpan time)
    {
        try
        {
            return RowRunner.Run(row, time);
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"The row '{row.Name}' could not be measured.", exception);
        }
    }
}
