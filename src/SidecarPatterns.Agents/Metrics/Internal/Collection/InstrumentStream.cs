namespace SidecarPatterns;

/// <summary>What an instrument measures, or several that are the same to a collector.</summary>
/// <param name="info">What is known of it.</param>
/// <param name="limit">How many sets of tags it may have.</param>
/// <param name="onRefused">Told of a measurement that is not taken.</param>
internal sealed class InstrumentStream(InstrumentInfo info, int limit, Action onRefused)
{
    private readonly SeriesTable _table = new(limit, (tags, text) => Create(info, tags, text));
    private readonly bool _isObserved = info.Identity.IsObserved;
    private readonly bool _mayFall = info.Kind is not MetricKind.Counter;
    private readonly bool _addsUp = info.Kind is not MetricKind.Gauge;
    private int _round; // The collecting thread's own.

    public InstrumentInfo Info { get; } = info;

    /// <summary>How many instruments there are of it; guarded by the collector.</summary>
    public int Instruments { get; set; }

    /// <summary>Whether there have been measurements beyond the limit.</summary>
    public bool HasOverflow => _table.HasOverflow;

    /// <summary>Takes a measurement, on the thread that measures. It never throws: that is the application's.</summary>
    public void Record(long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if ((value < 0 && !_mayFall) || Find(tags) is not { } series)
        {
            onRefused();
        }
        else if (_isObserved)
        {
            ((ValueSeries)series).Observe(value, _round, series.IsOverflow && _addsUp);
        }
        else
        {
            series.Record(value);
        }
    }

    /// <inheritdoc cref="Record(long, ReadOnlySpan{KeyValuePair{string, object}})"/>
    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        // One that is no number would make the sum none for ever.
        if ((_addsUp && !double.IsFinite(value)) || (value < 0 && !_mayFall) || Find(tags) is not { } series)
        {
            onRefused();
        }
        else if (_isObserved)
        {
            ((ValueSeries)series).Observe(value, _round, series.IsOverflow && _addsUp);
        }
        else
        {
            series.Record(value);
        }
    }

    /// <summary>Begins a round of collecting: series that are not observed in it are forgotten with its end.</summary>
    public void BeginRound() => _round++;

    /// <summary>All that there is; <see langword="null"/> if nothing was measured.</summary>
    public InstrumentSnapshot? Read()
    {
        if (_isObserved)
        {
            var round = _round;
            _table.Sweep(series => ((ValueSeries)series).Round != round);
        }

        var all = _table.Freeze();
        if (all.Length == 0)
        {
            return null;
        }

        var values = new long[all.Length * Info.Slots];
        for (var i = 0; i < all.Length; i++)
        {
            all[i].Read(values.AsSpan(i * Info.Slots, Info.Slots));
        }

        return new InstrumentSnapshot(Info, all, values);
    }

    private Series? Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        try
        {
            return _table.Find(tags);
        }
#pragma warning disable CA1031 // What a tag's value throws is not for the one who measures.
        catch (Exception)
#pragma warning restore CA1031
        {
            return null;
        }
    }

    private static Series Create(InstrumentInfo info, KeyValuePair<string, object?>[] tags, string text) => info switch
    {
        { Identity.IsObserved: true } or { Kind: MetricKind.Gauge } => new ValueSeries(tags, text, info.Identity.IsWhole),
        { Kind: MetricKind.Histogram } => new HistogramSeries(tags, text, info.Boundaries),
        { Identity.IsWhole: true } => new SumSeries<long>(tags, text),
        _ => new SumSeries<double>(tags, text),
    };
}
