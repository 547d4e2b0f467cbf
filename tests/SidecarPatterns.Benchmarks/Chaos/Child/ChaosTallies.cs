namespace SidecarPatterns.Benchmarks;

/// <summary>What a child counts by itself.</summary>
internal sealed class ChaosTallies
{
    private readonly Dictionary<string, MessageTally> _messages = ChaosSidecar.All.ToDictionary(static sidecar => sidecar.Name, static sidecar => new MessageTally(mayRepeat: sidecar.IsTimed));
    private long _logged;

    public CallTally Calls { get; } = new();

    public ExchangeTally Exchange { get; } = new();

    public long Logged => Interlocked.Read(ref _logged);

    /// <summary>Of one sidecar's messages; <see langword="null"/> where nobody counts them.</summary>
    public MessageTally? Find(string name) => _messages.GetValueOrDefault(name);

    public void CountLogged() => Interlocked.Increment(ref _logged);
}
