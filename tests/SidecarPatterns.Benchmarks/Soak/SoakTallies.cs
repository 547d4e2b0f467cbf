namespace SidecarPatterns.Benchmarks;

/// <summary>What the soak counts by itself.</summary>
internal sealed class SoakTallies
{
    private readonly Dictionary<string, MessageTally> _messages = SoakNames.Published.ToDictionary(static name => name, static _ => new MessageTally());
    private long _readings;
    private long _replies;
    private long _restarts;
    private long _reloads;

    public CallTally Calls { get; } = new();

    /// <summary>What the application has read of the source.</summary>
    public long Readings => Interlocked.Read(ref _readings);

    /// <summary>Requests that were answered.</summary>
    public long Replies => Interlocked.Read(ref _replies);

    /// <summary>Failures of the sidecar that is there to fail.</summary>
    public long Restarts => Interlocked.Read(ref _restarts);

    /// <summary>Versions of the configuration that were put in force.</summary>
    public long Reloads => Interlocked.Read(ref _reloads);

    /// <summary>Of one sidecar's messages; <see langword="null"/> where nobody counts them.</summary>
    public MessageTally? Find(string name) => _messages.GetValueOrDefault(name);

    public void CountReading() => Interlocked.Increment(ref _readings);

    public void CountReply() => Interlocked.Increment(ref _replies);

    public void CountRestart() => Interlocked.Increment(ref _restarts);

    public void CountReload() => Interlocked.Increment(ref _reloads);
}
