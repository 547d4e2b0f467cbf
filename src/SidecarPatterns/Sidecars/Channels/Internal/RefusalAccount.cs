namespace SidecarPatterns;

/// <summary>Counts the publishes that a queue did not accept, by reason.</summary>
/// <remarks>Written by any publisher. Refusals are off the fast path, so interlocked additions do.</remarks>
internal sealed class RefusalAccount
{
    private static readonly PublishReason[] Reasons = Enum.GetValues<PublishReason>();

    // Made at the first refusal: most sidecars never refuse anything.
    private long[]? _rejected;
    private long[]? _dropped;

    public void Reject(PublishReason reason, long count = 1) => Interlocked.Add(ref Counters(ref _rejected)[(int)reason], count);

    public void Drop(PublishReason reason) => Interlocked.Increment(ref Counters(ref _dropped)[(int)reason]);

    public Dictionary<PublishReason, long> ReadRejected() => Read(_rejected);

    public Dictionary<PublishReason, long> ReadDropped() => Read(_dropped);

    private static long[] Counters(ref long[]? field) =>
        Volatile.Read(ref field) ?? Interlocked.CompareExchange(ref field, new long[Reasons.Length], null) ?? field;

    private static Dictionary<PublishReason, long> Read(long[]? counters)
    {
        var result = new Dictionary<PublishReason, long>();
        if (counters is null)
        {
            return result;
        }

        foreach (var reason in Reasons)
        {
            var count = Volatile.Read(ref counters[(int)reason]);
            if (count > 0)
            {
                result.Add(reason, count);
            }
        }

        return result;
    }
}
