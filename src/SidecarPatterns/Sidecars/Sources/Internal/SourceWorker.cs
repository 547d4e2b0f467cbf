namespace SidecarPatterns;

/// <summary>The work of a source: its channel to the application, and an incarnation after the other that writes to it.</summary>
internal sealed class SourceWorker<T> : SidecarWorker
{
    private readonly SidecarFactory<ISidecarSource<T>> _factory;
    private readonly SourceChannel<T> _channel;
    private readonly DeadLetterOffice _letters;

    public SourceWorker(string name, SidecarFactory<ISidecarSource<T>> factory, SidecarOptions options, SidecarEnvironment environment)
        : base(options)
    {
        _factory = factory;
        _channel = new SourceChannel<T>(options.Capacity, options.FullMode);
        _letters = new DeadLetterOffice(name, options.DeadLetterCapacity, environment);
        Reader = new SourceReader<T>(_channel);
    }

    public SourceReader<T> Reader { get; }

    public override bool EndsWhenDrained => false;

    /// <summary>The application's reader has ended, and an end is for good.</summary>
    public override bool CanReopen => false;

    // What waits, waits for the application: no incarnation has anything to do with it.
    public override bool HasMessagesLeft => false;

    public override IReadOnlyList<DeadLetter> DeadLetters => _letters.ToList();

    public override IReadOnlyCollection<KeyValuePair<string, long>> Failures => [];

    public override Incarnation Create(IServiceProvider services, SidecarContext context)
    {
        var (source, owned) = _factory.Create(services);
        return new RunIncarnation(
            source, owned, context, (own, ct) => source.RunAsync(new SourceOutput<T>(_channel, ct), own, ct), DedicatedThread.For(context.Name, Options))
        {
            IsReadyOnceRunning = !Options.WaitForSignal,
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
            _channel.Abandon(message => _ = _letters.DeliverAsync(message!, reason, cause, attempts: 0, replayed: null));
        }
    }

    public override SidecarAccount ReadAccount() => _channel.ReadAccount();
}
