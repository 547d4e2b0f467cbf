using System.Diagnostics.Metrics;

namespace SidecarPatterns.Benchmarks;

/// <summary>Records durations with two tags.</summary>
internal sealed class HistogramContender(IListening listening) : IContender
{
    private readonly Histogram<double> _histogram = listening.Meter.CreateHistogram<double>("histogram");

    public Task RunAsync(int messages)
    {
        for (int i = 0; i < messages; i++)
            _histogram.Record(i & 1023, BenchmarkTags.Method(i), BenchmarkTags.Route(i));

        return Task.CompletedTask;
    }

    public void Dispose() => listening.Dispose();
}
