namespace SidecarPatterns.Benchmarks;

/// <summary>
/// What an application counts by itself of one sidecar's messages: what publishes returned, how handlers ended, what the callback was told. Thread-safe.
/// </summary>
/// <param name="mayRepeat">Whether a handler that has succeeded can have been too late, so that its message is attempted again.</param>
internal sealed class MessageTally(bool mayRepeat = false)
{
    private long _accepted;
    private long _refused;
    private long _handled;
    private long _evicted;
    private long _dropped;

    public void CountPublish(bool isAccepted) => Interlocked.Increment(ref isAccepted ? ref _accepted : ref _refused);

    public void CountHandled(int messages = 1) => Interlocked.Add(ref _handled, messages);

    /// <summary>To be called by <c>OnDropped</c>.</summary>
    public void CountDropped(bool wasAccepted) => Interlocked.Increment(ref wasAccepted ? ref _evicted : ref _dropped);

    public MessageCounts Read() => new(
        Interlocked.Read(ref _accepted), Interlocked.Read(ref _refused), Interlocked.Read(ref _handled), Interlocked.Read(ref _evicted), Interlocked.Read(ref _dropped), mayRepeat);
}
