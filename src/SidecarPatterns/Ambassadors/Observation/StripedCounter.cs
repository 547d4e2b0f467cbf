namespace SidecarPatterns;

/// <summary>A count to which every core adds in a place of its own, so that they do not wait for each other. Thread-safe.</summary>
internal sealed class StripedCounter
{
    private readonly PaddedLong[] _cells = new PaddedLong[Stripe.Count];

    public void Increment() => Interlocked.Increment(ref _cells[Stripe.Current].Value);

    /// <summary>The count: all that was added before this began, and possibly some of what is added meanwhile. Never less than at an earlier time.</summary>
    public long Sum()
    {
        long sum = 0;
        for (var i = 0; i < _cells.Length; i++)
        {
            sum += Interlocked.Read(ref _cells[i].Value);
        }

        return sum;
    }
}
