namespace SidecarPatterns.Benchmarks;

/// <summary>The figures of all contenders in one scenario: as a Markdown table, and what follows from them for one of the contenders.</summary>
internal sealed class FigureTable(IReadOnlyList<Figure> figures)
{
    private const int NameWidth = 24;

    private readonly List<(string Name, double[] Values)> _rows = [];

    public void Add(string name, params double[] values) => _rows.Add((name, values));

    public void Write(TextWriter output)
    {
        WriteLine(output, "", figures.Select(static figure => figure.Name));
        WriteLine(output, new string('-', NameWidth), figures.Select(static figure => new string('-', figure.Name.Length - 1) + ":"));
        foreach ((string name, double[] values) in _rows)
            WriteLine(output, name, values.Select((value, i) => figures[i].Write(value)));
    }

    /// <summary>How one contender stands beside each of the others, from the figures alone.</summary>
    /// <param name="name">Its name; rows that begin with it are no others.</param>
    public IEnumerable<string> Conclude(string name)
    {
        double[] own = _rows.Single(row => row.Name == name).Values;
        foreach ((string other, double[] values) in _rows.Where(row => !row.Name.StartsWith(name, StringComparison.Ordinal)))
        {
            string[] better = [.. Differences((figure, i) => own[i] + figure.Near < values[i])];
            string[] worse = [.. Differences((figure, i) => values[i] + figure.Near < own[i])];
            yield return $"{name} beside {other}: better in {Describe(better)}; worse in {Describe(worse)}.";

            IEnumerable<string> Differences(Func<Figure, int, bool> differs) => figures.Index()
                .Where(figure => differs(figure.Item, figure.Index))
                .Select(figure => $"{figure.Item.Name} {figure.Item.Write(own[figure.Index])} to {figure.Item.Write(values[figure.Index])}");
        }
    }

    private static string Describe(string[] differences) => differences.Length == 0 ? "nothing" : string.Join(" | ", differences);

    private static string Fit(string cell, int width) => cell.PadLeft(width);

    private void WriteLine(TextWriter output, string name, IEnumerable<string> cells) =>
        output.WriteLine($"| {name.PadRight(NameWidth)} | {string.Join(" | ", cells.Zip(figures, static (cell, figure) => Fit(cell, figure.Name.Length)))} |");
}
