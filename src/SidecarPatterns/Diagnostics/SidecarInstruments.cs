using System.Diagnostics.Metrics;

namespace SidecarPatterns;

/// <summary>The instruments that all sidecars of one host record to. Counts are observed from the accounts: they cost nothing per message.</summary>
internal sealed class SidecarInstruments
{
    private readonly Meter _meter;

    public SidecarInstruments(IMeterFactory meterFactory)
    {
        _meter = meterFactory.Create(SidecarDiagnostics.MeterName);
        QueueDuration = _meter.CreateHistogram(
            "sidecar.queue.duration", "s", "How long messages waited in the queue.", tags: null, SidecarDiagnostics.DurationAdvice);
        ProcessDuration = _meter.CreateHistogram(
            "sidecar.process.duration", "s", "How long handlers took.", tags: null, SidecarDiagnostics.DurationAdvice);
    }

    public Histogram<double> QueueDuration { get; }

    public Histogram<double> ProcessDuration { get; }

    /// <summary>Begins to show the accounts of a host's sidecars.</summary>
    public void Observe(SidecarCatalog catalog)
    {
        _meter.CreateObservableUpDownCounter(
            "sidecar.queue.size", () => Read(catalog, static account => account.Queued), "{message}", "How many messages wait.");
        _meter.CreateObservableUpDownCounter(
            "sidecar.queue.capacity", () => Read(catalog, static account => account.Capacity), "{message}", "How many messages can wait.");
        _meter.CreateObservableUpDownCounter(
            "sidecar.queue.bytes.usage", () => ReadBytes(catalog, static account => account.QueuedBytes), "By", "How many bytes of messages wait.");
        _meter.CreateObservableUpDownCounter(
            "sidecar.queue.bytes.limit", () => ReadBytes(catalog, static account => account.CapacityInBytes), "By", "How many bytes of messages can wait.");
        _meter.CreateObservableUpDownCounter(
            "sidecar.messages.inflight", () => Read(catalog, static account => account.InFlight), "{message}", "How many messages are with a handler.");
        _meter.CreateObservableCounter(
            "sidecar.messages.accepted", () => Read(catalog, static account => account.Accepted), "{message}", "How many messages were accepted.");
        _meter.CreateObservableCounter(
            "sidecar.messages.processed", () => ReadProcessed(catalog), "{message}", "How many messages were handled, or given up on.");
        _meter.CreateObservableCounter(
            "sidecar.messages.evicted", () => Read(catalog, static account => account.Evicted), "{message}", "How many messages were displaced by later ones.");
        _meter.CreateObservableCounter(
            "sidecar.messages.abandoned", () => Read(catalog, static account => account.Abandoned), "{message}", "How many messages were left when the time to drain was over.");
        _meter.CreateObservableCounter(
            "sidecar.messages.rejected", () => ReadRefused(catalog, static account => account.Rejected), "{message}", "How many publishes were refused.");
        _meter.CreateObservableCounter(
            "sidecar.messages.dropped", () => ReadRefused(catalog, static account => account.Dropped), "{message}", "How many publishes were dropped by a full queue.");
        _meter.CreateObservableCounter(
            "sidecar.restarts", () => ReadRestarts(catalog), "{restart}", "How many times sidecars were restarted.");
    }

    private static List<Measurement<long>> Read(SidecarCatalog catalog, Func<SidecarAccount, long> select)
    {
        var measurements = new List<Measurement<long>>();
        foreach (var supervisor in catalog.Supervisors)
        {
            var account = supervisor.Worker.ReadAccount();
            if (account.Capacity > 0)
            {
                measurements.Add(new Measurement<long>(select(account), SidecarMetrics.NameTag(supervisor.Name)));
            }
        }

        return measurements;
    }

    /// <summary>Only of those that know the sizes of their messages, or have a bound.</summary>
    private static List<Measurement<long>> ReadBytes(SidecarCatalog catalog, Func<SidecarAccount, long?> select)
    {
        var measurements = new List<Measurement<long>>();
        foreach (var supervisor in catalog.Supervisors)
        {
            if (select(supervisor.Worker.ReadAccount()) is { } bytes)
            {
                measurements.Add(new Measurement<long>(bytes, SidecarMetrics.NameTag(supervisor.Name)));
            }
        }

        return measurements;
    }

    private static List<Measurement<long>> ReadProcessed(SidecarCatalog catalog)
    {
        var measurements = new List<Measurement<long>>();
        foreach (var supervisor in catalog.Supervisors)
        {
            var account = supervisor.Worker.ReadAccount();
            if (account.Capacity > 0)
            {
                measurements.Add(new Measurement<long>(account.Handled, SidecarMetrics.NameTag(supervisor.Name)));
                foreach (var (errorType, count) in supervisor.Worker.Failures)
                {
                    measurements.Add(new Measurement<long>(
                        count, SidecarMetrics.NameTag(supervisor.Name), SidecarMetrics.ErrorTag(errorType)));
                }
            }
        }

        return measurements;
    }

    private static List<Measurement<long>> ReadRefused(SidecarCatalog catalog, Func<SidecarAccount, Dictionary<PublishReason, long>?> select)
    {
        var measurements = new List<Measurement<long>>();
        foreach (var supervisor in catalog.Supervisors)
        {
            foreach (var (reason, count) in select(supervisor.Worker.ReadAccount()) ?? [])
            {
                measurements.Add(new Measurement<long>(
                    count, SidecarMetrics.NameTag(supervisor.Name), SidecarMetrics.ReasonTag(reason)));
            }
        }

        return measurements;
    }

    private static IEnumerable<Measurement<long>> ReadRestarts(SidecarCatalog catalog) => catalog.Supervisors.Select(
        static supervisor => new Measurement<long>(supervisor.Restarts, [SidecarMetrics.NameTag(supervisor.Name)]));
}
