using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SidecarPatterns.Benchmarks;

/// <summary>Measures a part within its time and prints it, row by row. What fails is told in its place, and takes nothing else with it.</summary>
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

        var failures = new Failures();
        var goals = new Goals();
        List<string> notes = [];
        IReadOnlyList<RowResult> rows = MeasureRows(part, clock, failures, notes, output);
        failures.Catch("what it has to reach", () => part.Judge(rows, goals));
        failures.Catch("what stands beside the table", () => notes.AddRange(part.MeasureBesideTable(goals)));

        WriteNotes(output, notes);
        goals.Write(output);
        failures.Write(output);
        output.WriteLine(FormattableString.Invariant($"{part.Name}: {clock.Elapsed.TotalSeconds:0.0} s"));
        output.WriteLine();
        return new PartResult(part, rows, goals.All, failures.Count);
    }

    private static List<RowResult> MeasureRows(Part part, Stopwatch clock, Failures failures, List<string> notes, TextWriter output)
    {
        List<RowResult> results = [];
        if (part.Rows.Count == 0)
            return results;

        Table.WriteHeader(output);
        for (int i = 0; i < part.Rows.Count; i++)
        {
            // A row that took longer than its share shortens those that follow, not the sum.
            TimeSpan share = (Time - part.TimeBesideTable - clock.Elapsed) / (part.Rows.Count - i);
            Row row = part.Rows[i];
            failures.Catch($"the row '{row.Name}'", () =>
            {
                RowResult result = RowRunner.Run(row, share);
                results.Add(result);
                Table.Write(output, result);
                notes.AddRange(result.Notes);
            });
        }

        output.WriteLine();
        return results;
    }

    /// <summary>Notes as a list; tables and headings, which may stand among them, as they are. No two empty lines follow each other.</summary>
    private static void WriteNotes(TextWriter output, List<string> notes)
    {
        bool isEmpty = true;
        bool isList = false;
        foreach (string note in notes.Append(""))
        {
            bool isNote = note.Length > 0 && note[0] is not ('|' or '#');
            if (isNote != isList && !isEmpty && note.Length > 0)
                output.WriteLine();

            if (note.Length > 0 || !isEmpty)
                output.WriteLine(isNote ? $"- {note}" : note);

            isEmpty = note.Length == 0;
            isList = isNote;
        }
    }
}
