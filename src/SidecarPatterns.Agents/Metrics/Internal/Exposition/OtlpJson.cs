using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace SidecarPatterns;

/// <summary>
/// Writes snapshots as JSON in the shape of OpenTelemetry's protocol, as the JSON mapping of protocol buffers has it: long numbers are strings, enumerations
/// numbers.
/// </summary>
internal static class OtlpJson
{
    private const int Cumulative = 2;

    public static void Write(MetricsSnapshot snapshot, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        json.WriteStartArray("resourceMetrics");
        json.WriteStartObject();
        json.WriteStartObject("resource");
        WriteTags(json, [new("service.name", snapshot.ServiceName)]);
        json.WriteEndObject();
        json.WriteStartArray("scopeMetrics");
        foreach (var scope in snapshot.Instruments.GroupBy(static instrument => instrument.Info.Family.Scope))
        {
            WriteScope(json, scope, NanosecondsOf(snapshot.Time));
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
    }

    private static void WriteScope(Utf8JsonWriter json, IEnumerable<InstrumentSnapshot> instruments, string time)
    {
        json.WriteStartObject();
        json.WriteStartObject("scope");
        var meter = instruments.First().Info.Meter;
        json.WriteString("name", meter.Name);
        if (!string.IsNullOrEmpty(meter.Version))
        {
            json.WriteString("version", meter.Version);
        }

        if (meter.Tags.Length > 0)
        {
            WriteTags(json, meter.Tags);
        }

        json.WriteEndObject();
        json.WriteStartArray("metrics");
        foreach (var instrument in instruments)
        {
            WriteInstrument(json, instrument, time);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteInstrument(Utf8JsonWriter json, InstrumentSnapshot instrument, string time)
    {
        json.WriteStartObject();
        json.WriteString("name", instrument.Name);
        json.WriteString("description", instrument.Description ?? "");
        json.WriteString("unit", instrument.Unit ?? "");
        json.WriteStartObject(instrument.Kind switch
        {
            MetricKind.Gauge => "gauge",
            MetricKind.Histogram => "histogram",
            _ => "sum",
        });
        json.WriteStartArray("dataPoints");
        var startTime = NanosecondsOf(instrument.StartTime);
        for (var i = 0; i < instrument.Count; i++)
        {
            WritePoint(json, instrument, i, startTime, time);
        }

        json.WriteEndArray();
        if (instrument.Kind != MetricKind.Gauge)
        {
            json.WriteNumber("aggregationTemporality", Cumulative);
        }

        if (instrument.Kind is MetricKind.Counter or MetricKind.UpDownCounter)
        {
            json.WriteBoolean("isMonotonic", instrument.Kind == MetricKind.Counter);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WritePoint(Utf8JsonWriter json, InstrumentSnapshot instrument, int index, string startTime, string time)
    {
        json.WriteStartObject();
        WriteTags(json, instrument.SeriesAt(index).Tags);
        json.WriteString("startTimeUnixNano", startTime);
        json.WriteString("timeUnixNano", time);
        var slots = instrument.ValuesAt(index);
        if (instrument.Kind == MetricKind.Histogram)
        {
            WriteBuckets(json, instrument, slots);
        }
        else if (instrument.Info.Identity.IsWhole)
        {
            json.WriteString("asInt", slots[0].ToString(CultureInfo.InvariantCulture));
        }
        else
        {
            WriteReal(json, "asDouble", BitConverter.Int64BitsToDouble(slots[0]));
        }

        json.WriteEndObject();
    }

    private static void WriteBuckets(Utf8JsonWriter json, InstrumentSnapshot instrument, ReadOnlySpan<long> slots)
    {
        json.WriteString("count", Buckets.Count(slots[..^1]).ToString(CultureInfo.InvariantCulture));
        WriteReal(json, "sum", BitConverter.Int64BitsToDouble(slots[^1]));
        json.WriteStartArray("bucketCounts");
        foreach (var count in slots[..^1])
        {
            json.WriteStringValue(count.ToString(CultureInfo.InvariantCulture));
        }

        json.WriteEndArray();
        json.WriteStartArray("explicitBounds");
        foreach (var bound in instrument.Info.Boundaries)
        {
            json.WriteNumberValue(bound);
        }

        json.WriteEndArray();
    }

    private static void WriteTags(Utf8JsonWriter json, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        json.WriteStartArray("attributes");
        foreach (ref readonly var tag in tags)
        {
            json.WriteStartObject();
            json.WriteString("key", tag.Key);
            json.WriteStartObject("value");
            switch (tag.Value)
            {
                case bool isTrue:
                    json.WriteBoolean("boolValue", isTrue);
                    break;
                case sbyte or byte or short or ushort or int or uint or long:
                    json.WriteString("intValue", TagText.Of(tag.Value));
                    break;
                case float or double:
                    WriteReal(json, "doubleValue", Convert.ToDouble(tag.Value, CultureInfo.InvariantCulture));
                    break;
                default:
                    json.WriteString("stringValue", TagText.Of(tag.Value));
                    break;
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteReal(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteString(name, double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
        }
    }

    private static string NanosecondsOf(DateTimeOffset time) =>
        ((time - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick).ToString(CultureInfo.InvariantCulture);
}
