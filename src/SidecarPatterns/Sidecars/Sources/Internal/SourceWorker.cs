namespace SidecarPatterns;

/// <summary>The work of a source: its channel to the application, and an incarnation after the other that writes to it.</summary>
internal sealed class SourceWorker<T> : SidecarWorker
{
    private readonly string _name;
    private readonly SidecarFactory<ISidecarSource<T>> _factory;
    private readonly SourceChannel<T> _channel;
    private readonly DeadLetterRing _deadLetters;
    private readonly TimeProvider _timeProvider;
    private readonly bool _isReadyOnceRunning;

    public SourceWorker(string name, SidecarFactory<ISidecarSource<T>> factory, SidecarOptions options, TimeProvider timeProvider)
    {
        _name = name;
        _factory = factory;
        _channel = new SourceChannel<T>(options.Capacity, options.FullMode);
        _deadLetters = new DeadLetterRing(options.DeadLetterCapacity);
        _timeProvider = timeProvider;
        _isReadyOnceRunning = !options.WaitForSignal;
        Reader = new SourceReader<T>(_channel);
    }

    public SourceReader<T> Reader { get; }

    public override bool EndsWhenDrained => false;

    // What waits, waits for the application: no incarnation has anything to do with it.
    public override bool HasMessagesLeft => false;

    public override IReadOnlyList<DeadLetter> DeadLetters => _deadLetters.ToList();

    public override IReadOnlyCollection<KeyValuePair<string, long>> Failures => [];

    public override Incarnation Create(IServiceProvider services, SidecarContext context)
    {
        var (source, owned) = _factory.Create(services);
        return new RunIncarnation(source, owned, context, (own, ct) => source.RunAsync(new SourceOutput<T>(_channel, ct), own, ct))
        {
            IsReadyOnceRunning = _isReadyOnceRunning,
        };
    }

    public override void CloseIntake(Exception? cause)
    {
        // At a stop the source may still write what it has: what it leaves is settled once it has ended.
        if (cause is not null)
        {
            _channel.Close(cause);
        }
    }

    public override void Finish() => _channel.Close(cause: null);

    public override void SettleRest(DeadLetterReason reason, Exception? cause)
    {
        // What a source had written before it failed is as good as ever: the application reads it, and then the cause.
        if (reason == DeadLetterReason.Abandoned)
        {
            var now = _timeProvider.GetUtcNow();
            _channel.Abandon(message => Remember(message, now));
        }
    }

    public override SidecarAccount ReadAccount() => _channel.ReadAccount();

    private void Remember(T message, DateTimeOffset now) => _deadLetters.Add(new DeadLetter
    {
        SidecarName = _name,
        Message = message!,
        Reason = DeadLetterReason.Abandoned,
        Attempts = 0,
        Time = now,
    });
}
