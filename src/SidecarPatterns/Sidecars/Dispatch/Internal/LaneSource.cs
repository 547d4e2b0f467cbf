using System.Diagnostics.CodeAnalysis;

namespace SidecarPatterns;

/// <summary>One lane's end of an intake that several lanes share.</summary>
internal sealed class LaneSource<T>(MessageIntake<T> intake) : MessageSource<T>
{
    public const long NoOrdinal = long.MaxValue;

    private long _ordinal = NoOrdinal;
    private Exception? _failure;
    private LanePace _pace;

    /// <summary>Wakes the lane that rests.</summary>
    public TakeSignal Signal { get; } = new();

    /// <summary>Where in the queue the lane's message was; <see cref="NoOrdinal"/> while it has none.</summary>
    public long Ordinal
    {
        get => Volatile.Read(ref _ordinal);
        set => Volatile.Write(ref _ordinal, value);
    }

    /// <summary>Why the lane's message fails without its handler; the lane takes it back once the message is settled, which has no ordinal then.</summary>
    public Exception? Failure
    {
        get => Volatile.Read(ref _failure);
        set => Volatile.Write(ref _failure, value);
    }

    /// <summary>How quickly the lane gets on; the lane's own.</summary>
    public ref LanePace Pace => ref _pace;

    // Written under the intake's gate; the lane's own while it has a message.
    public MessageOrigin Origin { get; set; }

    public int Attempts { get; set; }

    /// <summary>What else the intake knows of the lane's message.</summary>
    public object? Key { get; set; }

    public override MessageOrigin LastOrigin => Origin;

    public override long LastOrdinal => Ordinal;

    public override int LastAttempts => Attempts;

    public override void Adopt(in ReturnedMessage<T> returned)
    {
        Origin = returned.Origin;
        Ordinal = returned.Ordinal;
    }

    public override bool Parks => intake.Parks;

    public override bool HasNext => intake.HasNext;

    public override bool TryTake([MaybeNullWhen(false)] out T message) => intake.TryTake(this, out message);

    public override bool TryPark(T message, int attempts, TimeSpan delay) => intake.TryPark(this, message, attempts, delay);

    public override bool TryPutBack(T message, int attempts) => intake.TryPutBack(this, message, attempts);

    public override void ServeWaitingPublishers() => intake.LeaveToOthers(this);

    public override ValueTask<bool> WaitToTakeAsync() => intake.WaitToTakeAsync(this);

    public override void Wake() => intake.Wake(this);

    public override void Settle(Settlement settlement)
    {
        base.Settle(settlement);
        Ordinal = NoOrdinal;
    }
}
