using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>Prints what is added to a plain client as a Markdown table.</summary>
internal static class AddedTable
{
    private const int NameWidth = 38;

    private static readonly string[] Columns = ["plain ns", "ours ns", "peer ns", "ratio", "plain B", "ours B", "peer B", "ratio B"];

    public static void WriteHeader(TextWriter output)
    {
        WriteLine(output, "name", Columns);
        WriteLine(output, new string('-', NameWidth), Columns.Select(static column => new string('-', column.Length - 1) + ":"));
    }

    public static void Write(TextWriter output, AddedResult result) => WriteLine(
        output,
        result.Name,
        [
            Number(result.Plain.Nanoseconds), Number(result.Ours.Nanoseconds), Number(result.Peer.Nanoseconds), Number(result.TimeRatio, "0.00"),
            Number(result.Plain.Bytes), Number(result.Ours.Bytes), Number(result.Peer.Bytes), Number(result.BytesRatio, "0.00"),
        ]);

    private static string Number(double value, string format = "0") => value.ToString(format, CultureInfo.InvariantCulture);

    private static void WriteLine(TextWriter output, string name, IEnumerable<string> cells)
    {
        IEnumerable<string> padded = cells.Zip(Columns, static (cell, column) => cell.PadLeft(column.Length));
        output.WriteLine($"| {name.PadRight(NameWidth)} | {string.Join(" | ", padded)} |");
    }
}
