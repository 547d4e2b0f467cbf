using System.Diagnostics.Metrics;

namespace SidecarPatterns.Benchmarks;

/// <summary>Takes snapshots of as many series as there may be.</summary>
internal sealed class SnapshotContender : IContender
{
    public const int Series = 10_000;

    private readonly IListening _listening;

    public SnapshotContender(IListening listening)
    {
        _listening = listening;
        Counter<long> counter = listening.Meter.CreateCounter<long>("counter");
        for (int i = 0; i < Series; i++)
            counter.Add(1, new KeyValuePair<string, object?>("customer", i), new KeyValuePair<string, object?>("kind", "new"));
    }

    public string? Note => _listening.Note;

    public Task RunAsync(int messages)
    {
        for (int i = 0; i < messages; i++)
        {
            int series = _listening.Collect();
            if (series != Series)
                throw new InvalidOperationException($"There are {series} series.");
        }

        return Task.CompletedTask;
    }

    public void Dispose() => _listening.Dispose();
}
