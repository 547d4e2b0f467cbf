using System.Globalization;
using ScottPlot;

namespace SidecarPatterns.Benchmarks;

/// <summary>Draws how a cost grows: ours and the peer's, over a logarithmic axis.</summary>
internal static class GrowthPlot
{
    private const int Width = 640;
    private const int Height = 320;

    /// <returns>The name of the file.</returns>
    public static string Save(string folder, GrowthSeries series, IReadOnlyList<RowResult> results)
    {
        using var plot = new Plot();
        double[] places = [.. series.Points.Select(static point => Math.Log10(point.Value))];
        Add("ours", static result => result.Ours.Nanoseconds);
        Add("peer", static result => result.Peer.Nanoseconds);
        plot.Axes.Bottom.SetTicks(places, [.. series.Points.Select(static point => point.Value.ToString("#,0", CultureInfo.InvariantCulture))]);
        plot.Axes.SetLimitsY(0, results.Max(static result => Math.Max(result.Ours.Nanoseconds, result.Peer.Nanoseconds)) * 1.1);
        plot.XLabel(series.Name);
        plot.YLabel("ns");
        plot.ShowLegend(Alignment.UpperLeft);
        string name = $"growth-{series.Name.Replace(' ', '-')}.svg";
        plot.SaveSvg(Path.Combine(folder, name), Width, Height);
        return name;

        void Add(string label, Func<RowResult, double> select) =>
            plot.Add.Scatter(places, results.Select(select).ToArray()).LegendText = label;
    }
}
