using System.Globalization;
using System.Text;

namespace SidecarPatterns.Benchmarks;

/// <summary>
/// What <c>--results FOLDER [PART ...]</c> does: runs the parts, and writes what they print to <c>Results.md</c> in the folder, with plots beside it.
/// </summary>
/// <remarks>The file is written anew after each part: a run that ends early leaves what it has.</remarks>
internal sealed class ResultsRun(string folder, IReadOnlyList<string> names)
{
    public const string FileName = "Results.md";
    public const string PlotFolder = "Plots";

    private readonly StringBuilder _body = new();
    private readonly List<PartResult> _parts = [];

    /// <summary>Runs the parts that are named, or all of them.</summary>
    /// <returns>The exit code.</returns>
    public int Run()
    {
        Directory.CreateDirectory(Path.Combine(folder, PlotFolder));
        TextWriter console = Console.Out;
        using var body = new StringWriter(_body, CultureInfo.InvariantCulture) { NewLine = "\n" };
        Console.SetOut(new BothWriter(console, body));
        try
        {
            return QuickRun.Run(names, OnMeasured);
        }
        finally
        {
            Console.SetOut(console);
        }
    }

    private void OnMeasured(PartResult part)
    {
        Draw(part);
        _parts.Add(part);
        using var file = new StreamWriter(Path.Combine(folder, FileName)) { NewLine = "\n" };
        Head.Write(file, names, _parts);
        file.Write(_body);
    }

    private void Draw(PartResult part)
    {
        foreach (GrowthSeries series in GrowthSeries.All)
        {
            string[] rows = [.. series.Points.Select(static point => point.Row.Name)];
            RowResult[] results = [.. part.Rows.Where(result => rows.Contains(result.Name))];
            if (results.Length != rows.Length)
                continue;

            Console.WriteLine($"![{series.Name}]({PlotFolder}/{GrowthPlot.Save(Path.Combine(folder, PlotFolder), series, results)})");
            Console.WriteLine();
        }
    }
}
