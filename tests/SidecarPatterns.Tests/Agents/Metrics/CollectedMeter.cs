using System.Diagnostics.Metrics;

namespace SidecarPatterns.Tests;

/// <summary>A meter of the test's own, and a collector that listens to it alone; other tests measure in the same process.</summary>
internal sealed class CollectedMeter : IDisposable
{
    private static int _last;

    public CollectedMeter(Action<MetricsAgentOptions>? configure = null, params string[] furtherMeters)
    {
        Name = $"Test.Meter{Interlocked.Increment(ref _last)}";
        Meter = new Meter(Name);
        var options = new MetricsAgentOptions { RuntimeMeters = false };
        options.Meters.Add(Name);
        foreach (var meter in furtherMeters)
        {
            options.Meters.Add(meter);
        }

        configure?.Invoke(options);
        Collector = new MetricsCollector(options, ownScope: null, Clock, "test");
        Collector.Start();
    }

    public string Name { get; }

    public Meter Meter { get; }

    public TestClock Clock { get; } = new();

    public MetricsCollector Collector { get; }

    /// <summary>The exposition of a snapshot that is taken now.</summary>
    public Exposition Expose() => Exposition.Parse(Collector.Collect().ToPrometheusText());

    /// <summary>The samples of one family now, each as <c>name{labels} value</c> without the labels of the scope.</summary>
    public IEnumerable<string> Show(string family) =>
        Expose().Of(family).Select(static sample => FormattableString.Invariant($"{sample.Key} {sample.Value}"));

    public static KeyValuePair<string, object?> Tag(string key, object? value) => new(key, value);

    public void Dispose()
    {
        Collector.Dispose();
        Meter.Dispose();
    }
}
