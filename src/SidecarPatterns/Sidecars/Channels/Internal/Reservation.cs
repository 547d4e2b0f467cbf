namespace SidecarPatterns;

/// <summary>A place in a queue that is taken but not decided: it becomes a message, or it is void and in no count.</summary>
/// <remarks>The dispatcher waits at an undecided place, so decide at once and await nothing before.</remarks>
internal readonly struct Reservation<T>(IReservable<T> queue, object segment, long position)
{
    public void Fill(T message, in MessageOrigin origin) => queue.Fill(segment, position, message, origin);

    public void Void() => queue.Void(segment, position);
}
