namespace SidecarPatterns.Benchmarks;

/// <summary>What happened in each second of a run: calls by when they began, requests by when they came.</summary>
internal sealed class Ledger(int seconds, int servers)
{
    private readonly int[] _calls = new int[seconds];
    private readonly int[] _good = new int[seconds];
    private readonly int[,] _requests = new int[servers, seconds];
    private readonly List<(int Second, double Milliseconds)> _latencies = [];

    public int Seconds => seconds;

    public void CountCall(TimeSpan began, TimeSpan ended, bool isGood)
    {
        int second = (int)began.TotalSeconds;
        _calls[second]++;
        if (isGood)
        {
            _good[second]++;
            _latencies.Add((second, (ended - began).TotalMilliseconds));
        }
    }

    public void CountRequest(int server, TimeSpan at)
    {
        if ((int)at.TotalSeconds is var second && second < seconds)
            _requests[server, second]++;
    }

    public int Calls(Span span) => _calls[span.From..span.To].Sum();

    public double FailedShare(Span span) => 1 - (_good[span.From..span.To].Sum() / (double)Calls(span));

    public int Requests(Span span, int server) => Enumerable.Range(span.From, span.Length).Sum(second => _requests[server, second]);

    public int Requests(Span span) => Enumerable.Range(0, servers).Sum(server => Requests(span, server));

    /// <summary>The most requests that came in one second.</summary>
    public int Peak(Span span) => Enumerable.Range(span.From, span.Length).Max(second => Requests(new Span(second, second + 1)));

    /// <summary>
    /// After how many seconds of a span half of the good calls take no longer than that, and do so from then on; nothing if that never comes.
    /// </summary>
    public int? FastAfter(Span span, double milliseconds)
    {
        int second = span.To;
        while (second > span.From && Latency(new Span(second - 1, second), 0.5) <= milliseconds)
            second--;

        return second == span.To ? null : second - span.From;
    }

    /// <summary>
    /// After how many seconds of a span some servers get nearly as many requests as the others, of which each is to have one share; nothing if that never
    /// comes.
    /// </summary>
    public int? BackAfter(Span span, IReadOnlyList<int> some, double part)
    {
        for (int second = span.From; second < span.To; second++)
        {
            Span now = new(second, second + 1);
            if (some.Sum(server => Requests(now, server)) >= part * Requests(now) * some.Count / servers)
                return second - span.From;
        }

        return null;
    }

    /// <summary>What nearly all good calls took no longer than, in milliseconds.</summary>
    public double? Latency(Span span, double part)
    {
        double[] within = [.. _latencies.Where(latency => latency.Second >= span.From && latency.Second < span.To).Select(static latency => latency.Milliseconds)];
        Array.Sort(within);
        return within.Length == 0 ? null : within[(int)((within.Length - 1) * part)];
    }

    /// <summary>After how many seconds of a span nearly all calls are good, and remain so; nothing if that never comes.</summary>
    public int? RecoveredAfter(Span span, double goodShare)
    {
        int second = span.To;
        while (second > span.From && _good[second - 1] >= goodShare * _calls[second - 1])
            second--;

        return second == span.To ? null : second - span.From;
    }
}

/// <summary>Seconds of a run.</summary>
internal readonly record struct Span(int From, int To)
{
    public int Length => To - From;
}
