using System.Diagnostics.Metrics;

namespace SidecarPatterns.Benchmarks;

/// <summary>Counts without tags.</summary>
internal sealed class CounterContender(IListening listening) : IContender
{
    private readonly Counter<long> _counter = listening.Meter.CreateCounter<long>("counter");

    public Task RunAsync(int messages)
    {
        for (int i = 0; i < messages; i++)
            _counter.Add(1);

        return Task.CompletedTask;
    }

    public void Dispose() => listening.Dispose();
}
