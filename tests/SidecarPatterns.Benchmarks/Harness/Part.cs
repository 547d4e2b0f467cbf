namespace SidecarPatterns.Benchmarks;

/// <summary>One part of the library, measured beside its peers; all parts stand in <see cref="Parts"/>.</summary>
internal abstract class Part
{
    /// <summary>What it is called on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>What its figures are.</summary>
    public virtual string Measured => "medians of interleaved rounds, per message";

    /// <summary>The rows of its table.</summary>
    public virtual IReadOnlyList<Row> Rows => [];

    /// <summary>How long <see cref="MeasureBesideTable"/> takes; the rows share what is left of the part's time.</summary>
    public virtual TimeSpan TimeBesideTable => TimeSpan.Zero;

    /// <summary>Holds the rows to what they are to reach.</summary>
    public virtual void Judge(IReadOnlyList<RowResult> rows, Goals goals)
    {
    }

    /// <summary>Measures what does not fit the table's columns, and holds it to what it is to reach.</summary>
    /// <returns>Lines to print below the table: notes, or what begins with a bar or a hash.</returns>
    public virtual IReadOnlyList<string> MeasureBesideTable(Goals goals) => [];
}
