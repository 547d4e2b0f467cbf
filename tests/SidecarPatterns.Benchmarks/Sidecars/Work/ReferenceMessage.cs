namespace SidecarPatterns.Benchmarks;

/// <summary>A message that is referred to.</summary>
public sealed record ReferenceMessage(long Value, long Source, long Time) : IMessage<ReferenceMessage>
{
    /// <inheritdoc />
    public static ReferenceMessage Create(long value) => new(value, Source: 1, Time: 2);
}
