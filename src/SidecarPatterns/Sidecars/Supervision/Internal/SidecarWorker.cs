namespace SidecarPatterns;

/// <summary>What a supervisor supervises: the work of one sidecar, over all its incarnations.</summary>
internal abstract class SidecarWorker(SidecarOptions options)
{
    private SidecarOptions _options = options;
    private Exception? _lastError;

    /// <summary>The options at present: another object whenever they have changed.</summary>
    public SidecarOptions Options => Volatile.Read(ref _options);

    /// <summary>The last exception of a handler, of the sidecar's start or of its run.</summary>
    public Exception? LastError
    {
        get => Volatile.Read(ref _lastError);
        set => Volatile.Write(ref _lastError, value);
    }

    /// <summary>Whether an incarnation ends by itself once the intake is closed and everything accepted is handled; else it must be told.</summary>
    public abstract bool EndsWhenDrained { get; }

    /// <summary>Whether messages wait for an incarnation.</summary>
    public abstract bool HasMessagesLeft { get; }

    public abstract IReadOnlyList<DeadLetter> DeadLetters { get; }

    /// <summary>How many messages were given up on, by the full name of the exception's type.</summary>
    public abstract IReadOnlyCollection<KeyValuePair<string, long>> Failures { get; }

    /// <summary>Makes the next incarnation, with its instance resolved.</summary>
    public abstract Incarnation Create(IServiceProvider services, SidecarContext context);

    /// <summary>Refuses all further messages.</summary>
    public abstract void CloseIntake(Exception? cause);

    /// <summary>Whether it can work again after its end.</summary>
    public virtual bool CanReopen => true;

    /// <summary>Takes messages again, after the sidecar had ended.</summary>
    public virtual void Reopen()
    {
    }

    /// <summary>The sidecar has done its work: it returned, and is not restarted.</summary>
    public virtual void Finish()
    {
    }

    /// <summary>Settles every message that waits; no incarnation may be at work.</summary>
    public abstract void SettleRest(DeadLetterReason reason, Exception? cause);

    public abstract SidecarAccount ReadAccount();

    /// <summary>How many handler calls that were given up on still run.</summary>
    public virtual long CallsLeftBehind => 0;

    /// <summary>What part of its time the governor leaves to it.</summary>
    public virtual double Share => 1;

    /// <summary>Goes by other options from here on.</summary>
    public virtual void Apply(SidecarOptions options) => Volatile.Write(ref _options, options);

    /// <summary>Goes on with the instance of an incarnation that has left to make room for more lanes.</summary>
    public virtual Incarnation Widen(Incarnation incarnation) => throw new NotSupportedException();

    /// <summary>Whether it can be paused, flushed and replayed to.</summary>
    public virtual bool CanPause => false;

    /// <summary>Completes once every dead letter so far is where it goes.</summary>
    public virtual Task WhenLettersDelivered => Task.CompletedTask;

    /// <summary>Pauses the sidecar, over all its incarnations, or ends that; lanes under way are told by their incarnation.</summary>
    public virtual void SetPaused(bool isPaused)
    {
    }

    /// <summary>Completes once everything that has been accepted is settled.</summary>
    public virtual Task FlushAsync(CancellationToken ct) => Task.CompletedTask;

    /// <summary>Publishes dead letters anew, and forgets those that were accepted.</summary>
    public virtual int Replay(Func<DeadLetter, bool>? choose) => 0;

    /// <summary>Forgets dead letters.</summary>
    public virtual int Discard(Func<DeadLetter, bool>? choose) => 0;

    /// <summary>The sidecar has ended: nothing more will be settled.</summary>
    public virtual void OnEnded()
    {
    }
}
