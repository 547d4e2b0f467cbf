using System.Buffers;
using System.Text;

namespace SidecarPatterns;

/// <summary>All that the metrics agent had collected at one moment. Immutable and thread-safe.</summary>
/// <remarks>
/// Sums and histograms count since collecting began; what was measured while the snapshot was taken is in it or in the next one, and of one measurement of a
/// histogram
/// the bucket may be in the one and the value in the other. A sidecar that takes <see cref="MetricsSnapshot"/> messages gets each
/// for which it has room.
/// </remarks>
public sealed class MetricsSnapshot
{
    /// <summary>The <c>Content-Type</c> of <see cref="ToPrometheusText"/>.</summary>
    public const string PrometheusContentType = "text/plain; version=0.0.4; charset=utf-8";

    internal MetricsSnapshot(DateTimeOffset time, long timestamp, string serviceName, IReadOnlyList<InstrumentSnapshot> instruments)
    {
        Time = time;
        Timestamp = timestamp;
        ServiceName = serviceName;
        Instruments = instruments;
    }

    /// <summary>When it was taken.</summary>
    public DateTimeOffset Time { get; }

    /// <summary>The instruments that have measured something, in the order in which they were published.</summary>
    public IReadOnlyList<InstrumentSnapshot> Instruments { get; }

    /// <summary>
    /// How many measurements were refused since collecting began: below zero for a counter, no finite number for a sum or a histogram, or with a tag that
    /// threw.
    /// </summary>
    public long RefusedMeasurements { get; internal init; }

    /// <summary>
    /// How many instruments were left alone since collecting began, because there were <see cref="MetricsAgentOptions.MaxInstruments"/> already.
    /// </summary>
    public long RefusedInstruments { get; internal init; }

    /// <summary>How many callbacks of observable instruments threw while this snapshot was taken; the others are in it.</summary>
    public int FailedCallbacks { get; internal init; }

    /// <summary>The name of the application, for the resource of the JSON.</summary>
    internal string ServiceName { get; }

    /// <summary>When it was taken, by the clock that nobody sets.</summary>
    internal long Timestamp { get; }

    /// <summary>What the callbacks threw.</summary>
    internal Exception? CallbackFailure { get; init; }

    /// <summary>The snapshot in the text format of Prometheus, version 0.0.4, with names by OpenTelemetry's rules.</summary>
    /// <returns>The text; empty if nothing was measured.</returns>
    /// <remarks>
    /// Instruments whose names become the same there, and of which a scraper could take only one, are represented by the one that was published first.
    /// </remarks>
    public string ToPrometheusText()
    {
        var buffer = new ArrayBufferWriter<byte>();
        WritePrometheusText(buffer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Writes what <see cref="ToPrometheusText"/> returns, as UTF-8.</summary>
    /// <param name="output">Where to, such as the <c>PipeWriter</c> of a response.</param>
    /// <exception cref="ArgumentNullException"><paramref name="output"/> is <see langword="null"/>.</exception>
    public void WritePrometheusText(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        PrometheusText.Write(this, output);
    }

    /// <summary>
    /// Writes the snapshot as JSON in the shape of OpenTelemetry's protocol, an <c>ExportMetricsServiceRequest</c>, as UTF-8 on one line without its end.
    /// </summary>
    /// <param name="output">Where to.</param>
    /// <exception cref="ArgumentNullException"><paramref name="output"/> is <see langword="null"/>.</exception>
    public void WriteJson(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        OtlpJson.Write(this, output);
    }
}
