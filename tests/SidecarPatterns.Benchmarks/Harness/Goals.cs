using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>The goals of a part, as they are judged.</summary>
internal sealed class Goals
{
    private readonly List<Goal> _all = [];

    public IReadOnlyList<Goal> All => _all;

    /// <summary>A goal that holds up to a limit. What was not measured does not meet it.</summary>
    public void AtMost(string what, double limit, double figure, string format = "0.00") =>
        Add($"{what}: at most {Text(limit, format)}", Text(figure, format), figure <= limit);

    /// <summary>A goal that holds from a limit on.</summary>
    public void AtLeast(string what, double limit, double figure, string format = "0.00") =>
        Add($"{what}: at least {Text(limit, format)}", Text(figure, format), figure >= limit);

    public void Add(string what, string figure, bool isMet) => _all.Add(new Goal(what, figure, isMet));

    public void Write(TextWriter output)
    {
        if (_all.Count == 0)
            return;

        output.WriteLine("| goal | measured | met |");
        output.WriteLine("| --- | ---: | :---: |");
        foreach (Goal goal in _all)
            output.WriteLine($"| {goal.What} | {goal.Figure} | {(goal.IsMet ? "yes" : "**no**")} |");

        output.WriteLine();
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
