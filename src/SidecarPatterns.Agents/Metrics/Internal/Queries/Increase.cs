namespace SidecarPatterns;

/// <summary>What was counted from snapshot to snapshot, over several series of one kind.</summary>
/// <param name="choice">The series that are meant.</param>
/// <param name="info">The instrument that is meant.</param>
internal sealed class Increase(SeriesChoice choice, InstrumentInfo info)
{
    private readonly long[] _buckets = new long[info.Boundaries.Length + 1];

    /// <summary>What a counter counted.</summary>
    public double Sum { get; private set; }

    /// <summary>What fell into each bucket of a histogram.</summary>
    public ReadOnlySpan<long> BucketCounts => _buckets;

    /// <summary>Adds what was counted from one snapshot to the next.</summary>
    public void Add(MetricsSnapshot earlier, MetricsSnapshot later)
    {
        foreach (var instrument in choice.AllLike(info, later))
        {
            var before = earlier.Instruments.FirstOrDefault(candidate => ReferenceEquals(candidate.Info, instrument.Info));
            var places = before is null ? null : new SeriesPlaces(before);
            for (var i = 0; i < instrument.Count; i++)
            {
                var series = instrument.SeriesAt(i);
                if (choice.IsMeant(series))
                {
                    var place = places?.Find(series, i) ?? -1;
                    Add(instrument, instrument.ValuesAt(i), place < 0 ? default : before!.ValuesAt(place));
                }
            }
        }
    }

    private void Add(InstrumentSnapshot instrument, ReadOnlySpan<long> now, ReadOnlySpan<long> before)
    {
        if (instrument.Kind == MetricKind.Histogram)
        {
            for (var bucket = 0; bucket < _buckets.Length; bucket++)
            {
                _buckets[bucket] += now[bucket] - (before.IsEmpty ? 0 : before[bucket]);
            }

            return;
        }

        var value = instrument.Info.ToReal(now[0]);
        if (!before.IsEmpty)
        {
            var difference = value - instrument.Info.ToReal(before[0]);
            Sum += difference < 0 ? value : difference; // One that fell began anew, from zero.
        }
        else if (!instrument.Info.Identity.IsObserved)
        {
            Sum += value; // What is told to us began at zero; of what is asked for nobody knows since when it counted.
        }
    }
}
