namespace SidecarPatterns.Benchmarks;

/// <summary>What a child counts by itself.</summary>
internal sealed class ChaosTallies
{
    private readonly Dictionary<string, MessageTally> _messages = ChaosSidecar.All.ToDictionary(static sidecar => sidecar.Name, static sidecar => new MessageTally(mayRepeat: sidecar.IsTimed));
    private readonly Lock _lock = new();
    private long _logged;
    private long _questions;
    private long _right;
    private long _wrong;
    private long _unanswered;
    private long _versions;
    private long _cut;
    private long _backward;
    private int _newest;

    public CallTally Calls { get; } = new();

    public long Logged => Interlocked.Read(ref _logged);

    /// <summary>Of one sidecar's messages; <see langword="null"/> where nobody counts them.</summary>
    public MessageTally? Find(string name) => _messages.GetValueOrDefault(name);

    public void CountLogged() => Interlocked.Increment(ref _logged);

    public void CountQuestion() => Interlocked.Increment(ref _questions);

    public void CountAnswer(bool isRight) => Interlocked.Increment(ref isRight ? ref _right : ref _wrong);

    public void CountUnanswered() => Interlocked.Increment(ref _unanswered);

    /// <param name="version">What is in force; <see langword="null"/> if that is no version.</param>
    public void SeeVersion(int? version)
    {
        lock (_lock)
        {
            _versions++;
            _cut += version is null ? 1 : 0;
            _backward += version < _newest ? 1 : 0;
            _newest = version ?? _newest;
        }
    }

    public ChaosExchange ReadExchange()
    {
        lock (_lock)
        {
            return new(
                Interlocked.Read(ref _questions), Interlocked.Read(ref _right), Interlocked.Read(ref _wrong), Interlocked.Read(ref _unanswered), _versions, _cut, _backward);
        }
    }
}
