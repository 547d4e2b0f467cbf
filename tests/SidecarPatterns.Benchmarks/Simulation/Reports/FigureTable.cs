namespace SidecarPatterns.Benchmarks;

/// <summary>The figures of all contenders in one scenario: as a Markdown table, and what follows from them for one of the contenders.</summary>
internal sealed class FigureTable(IReadOnlyList<Figure> figures)
{
    private const int NameWidth = 22;

    private readonly List<(string Name, double[] Values)> _rows = [];

    public void Add(string name, params double[] values) => _rows.Add((name, values));

    public void Write(TextWriter output)
    {
        WriteLine(output, "", figures.Select(static figure => figure.Name));
        WriteLine(output, new string('-', NameWidth), figures.Select(static figure => new string('-', figure.Name.Length - 1) + ":"));
        foreach ((string name, double[] values) in _rows)
            WriteLine(output, name, values.Select((value, i) => figures[i].Write(value)));
    }

    /// <summary>How one contender stands beside the others, from the figures alone.</summary>
    /// <param name="name">Its name; rows that begin with it are no others.</param>
    public IEnumerable<string> Conclude(string name)
    {
        double[] own = _rows.Single(row => row.Name == name).Values;
        (string Name, double[] Values)[] others = [.. _rows.Where(row => !row.Name.StartsWith(name, StringComparison.Ordinal))];
        List<string> best = [], worse = [];
        for (int i = 0; i < figures.Count; i++)
        {
            Figure figure = figures[i];
            double mine = own[i];
            var better = others.Where(row => row.Values[i] + figure.Near < mine).OrderBy(row => row.Values[i]).ToArray();
            if (better.Length > 0)
            {
                worse.Add($"{figure.Name} {figure.Write(mine)} ({string.Join(", ", better.Select(row => $"{row.Name} {figure.Write(row.Values[i])}"))})");
                continue;
            }

            var (low, high) = (others.Min(row => row.Values[i]), others.Max(row => row.Values[i]));
            if (high > mine + figure.Near)
                best.Add($"{figure.Name} {figure.Write(mine)} (others {figure.Write(low)} to {figure.Write(high)})");
        }

        yield return $"{name}, no worse than any: {(best.Count == 0 ? "nothing that differs" : string.Join("; ", best))}.";
        yield return $"{name}, behind: {(worse.Count == 0 ? "nothing" : string.Join("; ", worse))}.";
    }

    private static string Fit(string cell, int width) => cell.PadLeft(width);

    private void WriteLine(TextWriter output, string name, IEnumerable<string> cells) =>
        output.WriteLine($"| {name.PadRight(NameWidth)} | {string.Join(" | ", cells.Zip(figures, static (cell, figure) => Fit(cell, figure.Name.Length)))} |");
}
