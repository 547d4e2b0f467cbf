namespace SidecarPatterns.Benchmarks;

/// <summary>What the contenders need to know of a message.</summary>
public interface IMessage<out TSelf>
{
    /// <summary>A number that the handler reads, so that the message really has to arrive.</summary>
    long Value { get; }

    /// <summary>Makes a message.</summary>
    static abstract TSelf Create(long value);
}
