using System.Diagnostics.Metrics;

namespace SidecarPatterns.Benchmarks;

/// <summary>Counts with two tags, on one thread or several.</summary>
internal sealed class TaggedCounterContender(IListening listening, int threads = 1) : IContender
{
    private readonly Counter<long> _counter = listening.Meter.CreateCounter<long>("counter");

    public Task RunAsync(int messages)
    {
        if (threads == 1)
        {
            Count(messages);
            return Task.CompletedTask;
        }

        return Task.WhenAll(Enumerable.Range(0, threads).Select(_ => Task.Run(() => Count(messages / threads))));
    }

    public void Dispose() => listening.Dispose();

    private void Count(int messages)
    {
        for (int i = 0; i < messages; i++)
            _counter.Add(1, BenchmarkTags.Method(i), BenchmarkTags.Route(i));
    }
}
