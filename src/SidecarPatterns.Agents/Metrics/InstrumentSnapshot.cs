using System.Collections;

namespace SidecarPatterns;

/// <summary>One instrument in a snapshot, with its series. Immutable and thread-safe.</summary>
/// <remarks>Instruments that agree in meter, name, kind, unit and buckets are one, as OpenTelemetry has it.</remarks>
public sealed class InstrumentSnapshot : IReadOnlyList<SeriesSnapshot>
{
    private readonly Series[] _series;
    private readonly long[] _values;

    internal InstrumentSnapshot(InstrumentInfo info, Series[] series, long[] values)
    {
        Info = info;
        _series = series;
        _values = values;
    }

    /// <summary>The name of the meter.</summary>
    public string MeterName => Info.Meter.Name;

    /// <summary>The version of the meter.</summary>
    /// <value><see langword="null"/> if it has none.</value>
    public string? MeterVersion => Info.Meter.Version;

    /// <summary>The name of the instrument.</summary>
    public string Name => Info.Name;

    /// <summary>The unit of its values.</summary>
    /// <value><see langword="null"/> if it has none.</value>
    public string? Unit => Info.Unit;

    /// <summary>What it measures, in words.</summary>
    /// <value><see langword="null"/> if nobody says.</value>
    public string? Description => Info.Description;

    /// <summary>What its numbers mean.</summary>
    public MetricKind Kind => Info.Kind;

    /// <summary>When it was published: its sums count from there.</summary>
    public DateTimeOffset StartTime => Info.StartTime;

    /// <summary>The upper boundaries of a histogram's buckets, each included in its bucket; a last bucket has what is above.</summary>
    /// <value>Empty for other kinds.</value>
    public IReadOnlyList<double> Boundaries => Info.ReadOnlyBoundaries;

    /// <summary>How many series it has.</summary>
    public int Count => _series.Length;

    internal InstrumentInfo Info { get; }

    /// <summary>One of its series.</summary>
    /// <param name="index">Its place, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such place.</exception>
    public SeriesSnapshot this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _series.Length);
            return new SeriesSnapshot(this, index);
        }
    }

    /// <summary>Goes through its series.</summary>
    /// <returns>An enumerator.</returns>
    public IEnumerator<SeriesSnapshot> GetEnumerator()
    {
        for (var i = 0; i < _series.Length; i++)
        {
            yield return new SeriesSnapshot(this, i);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal Series SeriesAt(int index) => _series[index];

    /// <summary>The numbers of a series: one, or the counts of its buckets and then the bits of its sum.</summary>
    internal ReadOnlySpan<long> ValuesAt(int index) => _values.AsSpan(index * Info.Slots, Info.Slots);
}
