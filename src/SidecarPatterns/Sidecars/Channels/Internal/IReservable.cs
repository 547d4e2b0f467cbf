namespace SidecarPatterns;

/// <summary>The queue's end of a <see cref="Reservation{T}"/>.</summary>
internal interface IReservable<in T>
{
    void Fill(object segment, long position, T message, in MessageOrigin origin);

    void Void(object segment, long position);
}
