namespace SidecarPatterns;

/// <summary>The settings of the metrics agent.</summary>
/// <remarks>
/// Bound from the configuration section <c>Agents:Metrics</c>, then changed by the callback of the registration, then checked. A wrong value stops the
/// start of the host with an error that names the key, the value and what is allowed. They are read once, at the start. Supervision is set in
/// <c>Sidecars:metrics-agent</c>, as for every sidecar.
/// </remarks>
public sealed class MetricsAgentOptions
{
    /// <summary>
    /// The names of the meters to collect from, without regard to case; <c>*</c> stands for any characters and <c>?</c> for one, so that <c>MyApp.*</c> takes
    /// <c>MyApp.Orders</c> but not <c>MyApp</c>, and <c>*</c> takes all.
    /// </summary>
    /// <value>Empty by default: only those of <see cref="RuntimeMeters"/>.</value>
    public IList<string> Meters { get; } = [];

    /// <summary>Whether the runtime's own meters are collected from too: <c>System.Runtime</c> and <c>System.Net.Http</c>.</summary>
    /// <value><see langword="true"/> by default.</value>
    public bool RuntimeMeters { get; set; } = true;

    /// <summary>How often a snapshot is taken and handed over; observable instruments are asked then.</summary>
    /// <value>10 s by default; from 100 ms to a day.</value>
    public TimeSpan Interval { get; set; } = MetricsAgentConstants.Interval;

    /// <summary>
    /// How many sets of tags an instrument may have; measurements with further ones count in one series with the tag <c>otel.metric.overflow</c>. The series
    /// without tags, and that one, come on top.
    /// </summary>
    /// <value>2,000 by default, as OpenTelemetry has it; from 1 to 1,000,000. Memory grows with use, up to this bound.</value>
    public int CardinalityLimit { get; set; } = MetricsAgentConstants.CardinalityLimit;

    /// <summary>How many instruments are collected from at a time; further ones are told of in the log and left alone.</summary>
    /// <value>1,000 by default, as OpenTelemetry has it; from 1 to 100,000.</value>
    public int MaxInstruments { get; set; } = MetricsAgentConstants.MaxInstruments;

    /// <summary>How many of the last snapshots are kept for queries, the last one included: with the defaults five minutes.</summary>
    /// <value>31 by default; from 1 to 10,000. Each takes 8 bytes for every series, and for a histogram 8 for each of its buckets besides.</value>
    public int History { get; set; } = MetricsAgentConstants.History;

    /// <summary>
    /// The file that holds the last snapshot as Prometheus text, for the textfile collector of node_exporter, which reads files named <c>*.prom</c>.
    /// </summary>
    /// <value><see langword="null"/> by default: none. A relative path begins at the content root. Its folder is made if it is missing; the file is replaced as
    /// a whole, and is readable by all. Each process has one of its own.</value>
    public string? PrometheusFile { get; set; }

    /// <summary>The file to which every snapshot is appended as a line of JSON, in the shape of OpenTelemetry's protocol (OTLP/JSON).</summary>
    /// <value><see langword="null"/> by default: none. A relative path begins at the content root. Its folder is made if it is missing. Each process has one of
    /// its own.</value>
    public string? JsonFile { get; set; }

    /// <summary>
    /// How many bytes <see cref="JsonFile"/> may have; with the next line it is renamed to the same name with <c>.1</c> behind, in place of the one before, and
    /// begun anew.
    /// </summary>
    /// <value>104,857,600 by default (100 MiB); from 1,024. A line that is longer by itself is written all the same.</value>
    public long JsonFileMaxBytes { get; set; } = MetricsAgentConstants.JsonFileMaxBytes;
}
