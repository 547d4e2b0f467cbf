using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>Answers queries from the last snapshots.</summary>
internal sealed class MetricsInquiry : IMetricsAgent
{
    private readonly MetricsCollector _collector;
    private readonly TimeProvider _timeProvider;
    private readonly MetricsHistory _history;
    private readonly MetricsSnapshot _nothing;

    public MetricsInquiry(MetricsCollector collector, IOptions<MetricsAgentOptions> options, IServiceProvider services)
    {
        _collector = collector;
        _timeProvider = services.GetService<TimeProvider>() ?? TimeProvider.System;
        _history = new MetricsHistory(options.Value.History);
        _nothing = new MetricsSnapshot(_timeProvider.GetUtcNow(), _timeProvider.GetTimestamp(), "", []);
    }

    public MetricsSnapshot Current => _history.All is [.., var last] ? last : _nothing;

    public IReadOnlyList<MetricsSnapshot> History => Array.AsReadOnly(_history.All);

    public MetricsSnapshot Collect() => _collector.Collect();

    /// <summary>Takes a snapshot and keeps it.</summary>
    public MetricsSnapshot TakeNext()
    {
        var snapshot = _collector.Collect();
        _history.Add(snapshot);
        return snapshot;
    }

    public double? GetValue(string instrument, MetricFilter? filter = null)
    {
        ArgumentNullException.ThrowIfNull(instrument);
        return new SeriesChoice(instrument, filter).TotalIn(Current);
    }

    public double? GetRate(string instrument, TimeSpan window, MetricFilter? filter = null)
    {
        ArgumentNullException.ThrowIfNull(instrument);
        var snapshots = Within(window);
        var choice = new SeriesChoice(instrument, filter);
        if (snapshots.Length < 2 || choice.FindIn(snapshots[^1]) is not { } info)
        {
            return null;
        }

        var change = info.Kind switch
        {
            MetricKind.Counter => Increase(snapshots, choice, info).Sum,
            MetricKind.Histogram => Buckets.Count(Increase(snapshots, choice, info).BucketCounts),
            _ => choice.TotalIn(snapshots[^1]) - choice.TotalIn(snapshots[0]),
        };
        var seconds = _timeProvider.GetElapsedTime(snapshots[0].Timestamp, snapshots[^1].Timestamp).TotalSeconds;
        return seconds > 0 ? change / seconds : null;
    }

    public double? GetQuantile(string instrument, double quantile, TimeSpan window, MetricFilter? filter = null)
    {
        ArgumentNullException.ThrowIfNull(instrument);
        ArgumentOutOfRangeException.ThrowIfNegative(quantile);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quantile, 1);
        var snapshots = Within(window);
        var choice = new SeriesChoice(instrument, filter);
        return snapshots.Length >= 2 && choice.FindIn(snapshots[^1]) is { Kind: MetricKind.Histogram } info
            ? Buckets.Quantile(quantile, info.Boundaries, Increase(snapshots, choice, info).BucketCounts)
            : null;
    }

    /// <summary>The snapshots of a time until the last one, that one and the one before included; fewer where there are no more.</summary>
    private ReadOnlySpan<MetricsSnapshot> Within(TimeSpan window)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(window, TimeSpan.Zero);
        var all = _history.All;
        var from = Math.Max(0, all.Length - 2);
        while (from > 0 && _timeProvider.GetElapsedTime(all[from - 1].Timestamp, all[^1].Timestamp) <= window)
        {
            from--;
        }

        return all.AsSpan(from);
    }

    private static Increase Increase(ReadOnlySpan<MetricsSnapshot> snapshots, SeriesChoice choice, InstrumentInfo info)
    {
        var increase = new Increase(choice, info);
        for (var i = 1; i < snapshots.Length; i++)
        {
            increase.Add(snapshots[i - 1], snapshots[i]);
        }

        return increase;
    }
}
