namespace SidecarPatterns;

/// <summary>Where series stand in a snapshot: as a rule where they stand in the next one.</summary>
internal sealed class SeriesPlaces(InstrumentSnapshot instrument)
{
    private Dictionary<Series, int>? _places;

    /// <returns>The place, or -1 if the series is not there.</returns>
    public int Find(Series series, int likely)
    {
        if (likely < instrument.Count && ReferenceEquals(instrument.SeriesAt(likely), series))
        {
            return likely;
        }

        if (_places is null)
        {
            _places = new Dictionary<Series, int>(instrument.Count, ReferenceEqualityComparer.Instance);
            for (var i = 0; i < instrument.Count; i++)
            {
                _places.Add(instrument.SeriesAt(i), i);
            }
        }

        return _places.GetValueOrDefault(series, -1);
    }
}
