using System.Buffers;

namespace SidecarPatterns;

/// <summary>Writes snapshots in the text format of Prometheus, version 0.0.4.</summary>
internal static class PrometheusText
{
    public static void Write(MetricsSnapshot snapshot, IBufferWriter<byte> output)
    {
        var text = new Utf8Text(output);
        string? last = null;
        foreach (var instrument in Arrange(snapshot).OrderBy(static instrument => instrument.Info.Family.Name, StringComparer.Ordinal))
        {
            var family = instrument.Info.Family;
            if (family.Name != last)
            {
                text.Append(family.Head);
                last = family.Name;
            }

            if (instrument.Kind == MetricKind.Histogram)
            {
                WriteHistogram(ref text, instrument, family);
            }
            else
            {
                WriteValues(ref text, instrument, family);
            }
        }

        text.Flush();
    }

    /// <summary>The instruments that are left out, since their names clash with those of others.</summary>
    public static IEnumerable<InstrumentInfo> FindClashes(MetricsSnapshot snapshot)
    {
        var clashes = new List<InstrumentInfo>();
        _ = Arrange(snapshot, clashes);
        return clashes;
    }

    /// <summary>
    /// Chooses what can stand beside each other: a name is one type's, and a name and a meter one instrument's. Those that were published first have it.
    /// </summary>
    private static List<InstrumentSnapshot> Arrange(MetricsSnapshot snapshot, List<InstrumentInfo>? clashes = null)
    {
        var chosen = new List<InstrumentSnapshot>(snapshot.Instruments.Count);
        var owners = new Dictionary<string, (string Family, string Type)>(StringComparer.Ordinal);
        var taken = new HashSet<(string Family, string Scope)>();
        foreach (var instrument in snapshot.Instruments)
        {
            var family = instrument.Info.Family;
            var own = (family.Name, family.Type);
            var isFree = family.SampleNames.All(name => !owners.TryGetValue(name, out var owner) || owner == own);
            if (isFree && taken.Add((family.Name, family.Scope)))
            {
                foreach (var name in family.SampleNames)
                {
                    owners[name] = own;
                }

                chosen.Add(instrument);
            }
            else
            {
                clashes?.Add(instrument.Info);
            }
        }

        return chosen;
    }

    private static void WriteValues(ref Utf8Text text, InstrumentSnapshot instrument, PrometheusFamily family)
    {
        var isWhole = instrument.Info.Identity.IsWhole;
        for (var i = 0; i < instrument.Count; i++)
        {
            WriteName(ref text, family, "", instrument.SeriesAt(i).Text);
            text.Append("} ");
            var number = instrument.ValuesAt(i)[0];
            if (isWhole)
            {
                text.Append(number);
            }
            else
            {
                text.Append(BitConverter.Int64BitsToDouble(number));
            }

            text.Append("\n");
        }
    }

    private static void WriteHistogram(ref Utf8Text text, InstrumentSnapshot instrument, PrometheusFamily family)
    {
        for (var i = 0; i < instrument.Count; i++)
        {
            var labels = instrument.SeriesAt(i).Text;
            var slots = instrument.ValuesAt(i);
            var count = 0L;
            for (var bucket = 0; bucket < slots.Length - 1; bucket++)
            {
                count += slots[bucket];
                WriteName(ref text, family, "_bucket", labels);
                text.Append(family.Boundaries[bucket]);
                text.Append(count);
                text.Append("\n");
            }

            WriteName(ref text, family, "_sum", labels);
            text.Append("} ");
            text.Append(BitConverter.Int64BitsToDouble(slots[^1]));
            text.Append("\n");
            WriteName(ref text, family, "_count", labels);
            text.Append("} ");
            text.Append(count);
            text.Append("\n");
        }
    }

    private static void WriteName(ref Utf8Text text, PrometheusFamily family, string suffix, string labels)
    {
        text.Append(family.Name);
        text.Append(suffix);
        text.Append("{");
        text.Append(family.Scope);
        if (labels.Length > 0)
        {
            text.Append(",");
            text.Append(labels);
        }
    }
}
