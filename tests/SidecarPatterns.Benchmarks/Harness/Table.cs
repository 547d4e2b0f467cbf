using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>Prints results as a Markdown table whose columns also line up in a terminal.</summary>
internal static class Table
{
    private const int NameWidth = 38;

    private static readonly string[] Columns = ["ours ns", "peer ns", "ratio", "ours B", "peer B", "ours CPU ns", "peer CPU ns"];

    public static void WriteHeader(TextWriter output)
    {
        WriteLine(output, "name", Columns);
        WriteLine(output, new string('-', NameWidth), Columns.Select(column => new string('-', column.Length - 1) + ":"));
    }

    public static void Write(TextWriter output, RowResult result) => WriteLine(
        output,
        result.Name,
        [
            Number(result.Ours.Nanoseconds), Number(result.Peer.Nanoseconds), Number(result.Ratio, "0.00"),
            Number(result.Ours.Bytes), Number(result.Peer.Bytes),
            Number(result.Ours.CpuNanoseconds), Number(result.Peer.CpuNanoseconds),
        ]);

    private static string Number(double value, string format = "0.0") => value.ToString(format, CultureInfo.InvariantCulture);

    private static void WriteLine(TextWriter output, string name, IEnumerable<string> cells)
    {
        IEnumerable<string> padded = cells.Zip(Columns, (cell, column) => cell.PadLeft(column.Length));
        output.WriteLine($"| {name.PadRight(NameWidth)} | {string.Join(" | ", padded)} |");
    }
}
