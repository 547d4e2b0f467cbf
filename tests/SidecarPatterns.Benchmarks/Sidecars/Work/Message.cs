namespace SidecarPatterns.Benchmarks;

/// <summary>A message of 24 bytes that is copied.</summary>
public readonly record struct Message(long Value, long Source, long Time) : IMessage<Message>
{
    /// <inheritdoc />
    public static Message Create(long value) => new(value, Source: 1, Time: 2);
}
