using System.Globalization;
using ScottPlot;

namespace SidecarPatterns.Benchmarks;

/// <summary>Draws how a cost grows, ours and the peer's, over a logarithmic axis; beside one as well, where the costs are far apart.</summary>
internal static class GrowthPlot
{
    private const int Width = 640;
    private const int Height = 320;

    /// <summary>Costs that are further apart than this do not show on one linear axis.</summary>
    private const double FarApart = 30;

    /// <returns>The name of the file.</returns>
    public static string Save(string folder, GrowthSeries series, IReadOnlyList<RowResult> results)
    {
        using var plot = new Plot();
        double[] places = [.. series.Points.Select(static point => Math.Log10(point.Value))];
        double[] costs = [.. results.SelectMany(static result => (double[])[result.Ours.Nanoseconds, result.Peer.Nanoseconds])];
        bool isFarApart = costs.Max() > costs.Min() * FarApart;
        Add("ours", static result => result.Ours.Nanoseconds);
        Add("peer", static result => result.Peer.Nanoseconds);
        plot.Axes.Bottom.SetTicks(places, [.. series.Points.Select(static point => Text(point.Value))]);
        if (isFarApart)
            SetDecades(plot, costs);
        else
            plot.Axes.SetLimitsY(0, costs.Max() * 1.1);

        plot.XLabel(series.Name);
        plot.YLabel("ns");
        plot.ShowLegend(Alignment.UpperLeft);
        string name = $"growth-{series.Name.Replace(' ', '-')}.svg";
        plot.SaveSvg(Path.Combine(folder, name), Width, Height);
        return name;

        void Add(string label, Func<RowResult, double> select) =>
            plot.Add.Scatter(places, results.Select(select).Select(cost => isFarApart ? Math.Log10(cost) : cost).ToArray()).LegendText = label;
    }

    private static void SetDecades(Plot plot, double[] costs)
    {
        int from = (int)Math.Floor(Math.Log10(costs.Min()));
        int to = (int)Math.Ceiling(Math.Log10(costs.Max()));
        double[] decades = [.. Enumerable.Range(from, to - from + 1).Select(static decade => (double)decade)];
        plot.Axes.Left.SetTicks(decades, [.. decades.Select(static decade => Text(Math.Pow(10, decade)))]);
        plot.Axes.SetLimitsY(from, to);
    }

    private static string Text(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);
}
