using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;

namespace SidecarPatterns.Benchmarks;

/// <summary>What servers count of the requests of one life, and what they see that must not be. Thread-safe.</summary>
internal sealed class ServedCalls(ChaosPlan plan)
{
    /// <summary>What a server asks for that is busy.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>How many laws are looked at.</summary>
    public const int Laws = 2;

    private readonly ConcurrentDictionary<string, ServedCall> _calls = new();
    private readonly ConcurrentQueue<string> _broken = new();
    private readonly long[] _faults = new long[Enum.GetValues<ChaosFault>().Length];
    private readonly Random _random = new(plan.Seed);
    private long _requests;
    private long _resent;

    /// <summary>How many requests were read, up to the end of their heads.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>How many of them the network may have sent again by itself: their connection had been kept, and was closed before anything came back.</summary>
    public long Resent => Interlocked.Read(ref _resent);

    public int Calls => _calls.Count;

    /// <summary>Laws that do not hold.</summary>
    public IReadOnlyCollection<string> Broken => _broken;

    public long CountOf(ChaosFault fault) => Interlocked.Read(ref _faults[(int)fault]);

    public bool IsAnswered(string call) => _calls.TryGetValue(call, out ServedCall? served) && served.IsAnswered;

    /// <summary>Counts a request.</summary>
    /// <returns>What to do to it.</returns>
    public ChaosFault Receive(string call, bool isPost, bool isHop)
    {
        Interlocked.Increment(ref _requests);
        ServedCall served = _calls.GetOrAdd(call, static _ => new ServedCall());
        lock (served)
        {
            if (isPost && ++served.Posts > 1)
                _broken.Enqueue($"call '{call}': a POST is never sent twice");

            // A second request that was sent before the answer came is another matter.
            if (!plan.Hedges && served.IsEarly)
                _broken.Enqueue($"call '{call}': Retry-After is kept, but it came {Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), served.NotBefore).TotalMilliseconds:0} ms early");
        }

        ChaosFault fault = isHop ? ChaosFault.None : Draw();
        Interlocked.Increment(ref _faults[(int)fault]);
        return fault;
    }

    public void CountAnswered(string call)
    {
        ServedCall served = _calls[call];
        lock (served)
            served.IsAnswered = true;
    }

    public void CountBusy(string call, Socket connection)
    {
        ServedCall served = _calls[call];
        lock (served)
        {
            served.NotBefore = Stopwatch.GetTimestamp() + (long)(RetryAfter.TotalSeconds * Stopwatch.Frequency);
            served.ToldOn = connection;
        }
    }

    public void CountResent() => Interlocked.Increment(ref _resent);

    private ChaosFault Draw()
    {
        lock (_random)
            return _random.Next(100) < plan.FaultPercent ? (ChaosFault)_random.Next(1, _faults.Length) : ChaosFault.None;
    }
}
