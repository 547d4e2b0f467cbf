using System.Diagnostics.Metrics;

namespace SidecarPatterns;

/// <summary>What the agent shows of itself, on the meter of all sidecars.</summary>
internal static class MetricsAgentInstruments
{
    private static readonly KeyValuePair<string, object?> NameTag = new("sidecar.name", AgentNames.Metrics);

    public static void Create(IMeterFactory factory, MetricsCollector collector, MetricsOutputs outputs)
    {
        var meter = factory.Create(SidecarDiagnostics.MeterName);
        meter.CreateObservableUpDownCounter(
            "sidecar.metrics.series", () => new Measurement<long>(collector.Series, NameTag), "{series}", "How many series the last snapshot of metrics had.");
        meter.CreateObservableCounter(
            "sidecar.metrics.refused",
            () => new Measurement<long>(collector.RefusedMeasurements, NameTag),
            "{measurement}",
            "How many measurements were refused.");
        meter.CreateObservableCounter(
            "sidecar.metrics.failures", () => ReadFailures(outputs), "{snapshot}", "How many snapshots of metrics could not be handed over.");
    }

    private static IEnumerable<Measurement<long>> ReadFailures(MetricsOutputs outputs) => outputs.Failures.Select(
        static failures => new Measurement<long>(failures.Count, NameTag, new KeyValuePair<string, object?>("sidecar.output", failures.Name)));
}
