using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>A column of a table: of each contender a number, of which less is better.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Format">How it is written.</param>
/// <param name="Near">Two figures that differ by no more than that are as good as each other.</param>
internal sealed record Figure(string Name, string Format, double Near)
{
    /// <summary>What stands for something that did not come within the run.</summary>
    public const double Never = double.PositiveInfinity;

    public string Write(double value) => double.IsPositiveInfinity(value) ? "never" : double.IsNaN(value) ? "-" : value.ToString(Format, CultureInfo.InvariantCulture);
}
