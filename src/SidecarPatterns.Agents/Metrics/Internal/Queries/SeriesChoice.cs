namespace SidecarPatterns;

/// <summary>The series that a query means.</summary>
internal sealed class SeriesChoice
{
    private readonly string _name;
    private readonly string? _meter;
    private readonly (string Key, string Text)[] _tags;

    public SeriesChoice(string instrument, MetricFilter? filter)
    {
        _name = instrument;
        _meter = filter?.Meter;
        _tags = filter is null ? [] : [.. filter.Tags.Select(static tag => (tag.Key, TagText.Of(tag.Value)))];
    }

    /// <summary>The instrument that is meant, of several of the name the first; <see langword="null"/> if there is none.</summary>
    public InstrumentInfo? FindIn(MetricsSnapshot snapshot)
    {
        foreach (var instrument in snapshot.Instruments)
        {
            if (IsMeant(instrument.Info))
            {
                return instrument.Info;
            }
        }

        return null;
    }

    /// <summary>The instruments that are meant along with the first, since their numbers add to its own.</summary>
    public IEnumerable<InstrumentSnapshot> AllLike(InstrumentInfo first, MetricsSnapshot snapshot) =>
        snapshot.Instruments.Where(instrument => IsMeant(instrument.Info)
            && instrument.Kind == first.Kind
            && (instrument.Unit ?? "") == (first.Unit ?? "")
            && instrument.Info.Boundaries.AsSpan().SequenceEqual(first.Boundaries));

    /// <summary>Whether a series is meant.</summary>
    public bool IsMeant(Series series)
    {
        foreach (var (key, text) in _tags)
        {
            if (!HasTag(series, key, text))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What the series show together.</summary>
    /// <returns><see langword="null"/> if there is none, or if there are several that do not add up.</returns>
    public double? TotalIn(MetricsSnapshot snapshot)
    {
        if (FindIn(snapshot) is not { } first)
        {
            return null;
        }

        var total = 0.0;
        var count = 0;
        foreach (var instrument in AllLike(first, snapshot))
        {
            for (var i = 0; i < instrument.Count; i++)
            {
                if (IsMeant(instrument.SeriesAt(i)))
                {
                    total += instrument[i].Value;
                    count++;
                }
            }
        }

        return count == 0 || (count > 1 && first.Kind == MetricKind.Gauge) ? null : total;
    }

    private static bool HasTag(Series series, string key, string text)
    {
        foreach (var tag in series.Tags)
        {
            if (tag.Key == key)
            {
                return TagText.Of(tag.Value) == text;
            }
        }

        return text.Length == 0; // No value is as good as no tag.
    }

    private bool IsMeant(InstrumentInfo info) =>
        info.Name.Equals(_name, StringComparison.OrdinalIgnoreCase) && (_meter is null || info.Meter.Name.Equals(_meter, StringComparison.OrdinalIgnoreCase));
}
