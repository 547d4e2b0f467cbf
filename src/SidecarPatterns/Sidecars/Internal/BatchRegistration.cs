namespace SidecarPatterns;

/// <summary>The registration of a sidecar that handles its messages in batches.</summary>
internal sealed class BatchRegistration<T>(string name, string description, SidecarFactory<IBatchSidecar<T>> factory)
    : MessageRegistration<T>(name, description, factory: null)
    where T : notnull
{
    public override bool IsBatch => true;

    // Their age decides when they are handed over, unless that is looked after at intervals.
    protected override bool NeedsTimes(SidecarOptions options) => options.BatchInterval is null;

    public override IEnumerable<string> FindFailures(SidecarOptions options)
    {
        foreach (var failure in base.FindFailures(options))
        {
            yield return failure;
        }

        var section = SidecarOptionRules.SectionOf(Name);
        if (options.Concurrency != 1)
        {
            yield return $"{section}:{nameof(SidecarOptions.Concurrency)} is {options.Concurrency}; allowed is 1 for a sidecar that handles batches.";
        }

        if (options.BatchSize > options.Capacity)
        {
            yield return $"{section}:{nameof(SidecarOptions.BatchSize)} is {options.BatchSize}; allowed is a whole number from 1 to "
                + $"{nameof(SidecarOptions.Capacity)}, which is {options.Capacity}.";
        }
    }

    protected override MessageWorker<T> CreateWorker(
        MessageQueue<T> queue,
        QueueWriter<T> writer,
        SidecarMetrics metrics,
        SidecarOptions options,
        SidecarEnvironment environment,
        MessageIntake<T>? intake,
        IDeadLetterSink? sink) =>
        new BatchWorker<T>(Name, factory, queue, writer, metrics, options, environment, sink) { ShouldHandle = ShouldHandle };
}
