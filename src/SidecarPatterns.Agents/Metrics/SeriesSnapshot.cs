namespace SidecarPatterns;

/// <summary>One series of an instrument in a snapshot: a set of tags, and what was measured with it.</summary>
public readonly struct SeriesSnapshot : IEquatable<SeriesSnapshot>
{
    private readonly InstrumentSnapshot _instrument;
    private readonly int _index;

    internal SeriesSnapshot(InstrumentSnapshot instrument, int index)
    {
        _instrument = instrument;
        _index = index;
    }

    /// <summary>The tags, in the order of their keys; strings and values of simple types, everything else as the text that it reads as.</summary>
    public IReadOnlyList<KeyValuePair<string, object?>> Tags => _instrument.SeriesAt(_index).Tags;

    /// <summary>Whether it has what was measured beyond the limit of <see cref="MetricsAgentOptions.CardinalityLimit"/>.</summary>
    public bool IsOverflow => _instrument.SeriesAt(_index).IsOverflow;

    /// <summary>The sum, or the last value; of a histogram how many measurements there were.</summary>
    public double Value => _instrument.Kind == MetricKind.Histogram ? Count : _instrument.Info.ToReal(Values[0]);

    /// <summary>How many measurements a histogram took.</summary>
    /// <value>0 for other kinds.</value>
    public long Count => Buckets.Count(BucketCounts);

    /// <summary>The sum of what a histogram measured.</summary>
    /// <value>0 for other kinds.</value>
    public double Sum => _instrument.Kind == MetricKind.Histogram ? BitConverter.Int64BitsToDouble(Values[^1]) : 0;

    /// <summary>How many measurements fell into each bucket of a histogram: one more than there are <see cref="InstrumentSnapshot.Boundaries"/>.</summary>
    /// <value>Empty for other kinds.</value>
    public ReadOnlySpan<long> BucketCounts => _instrument.Kind == MetricKind.Histogram ? Values[..^1] : default;

    private ReadOnlySpan<long> Values => _instrument.ValuesAt(_index);

    /// <summary>Whether two values are of the same series of the same snapshot.</summary>
    /// <param name="left">The one.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether they are.</returns>
    public static bool operator ==(SeriesSnapshot left, SeriesSnapshot right) => left.Equals(right);

    /// <summary>Whether two values are of different series or snapshots.</summary>
    /// <param name="left">The one.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether they are.</returns>
    public static bool operator !=(SeriesSnapshot left, SeriesSnapshot right) => !left.Equals(right);

    /// <summary>Whether the other value is of the same series of the same snapshot.</summary>
    /// <param name="other">The other.</param>
    /// <returns>Whether it is.</returns>
    public bool Equals(SeriesSnapshot other) => ReferenceEquals(_instrument, other._instrument) && _index == other._index;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is SeriesSnapshot other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_instrument, _index);
}
