namespace SidecarPatterns;

/// <summary>Those who wait for what becomes of their messages, where a sidecar replies: they are told of every way in which a message can end.</summary>
/// <remarks>Thread-safe. None of it throws, or runs anybody's code before it returns.</remarks>
internal interface ICallers<T>
{
    /// <summary>The type that the handler is called with; the message only carries it.</summary>
    Type ContentType { get; }

    /// <summary>What a dead letter holds: that which the caller sent.</summary>
    object GetContent(T message);

    /// <summary>Makes a message, with nobody waiting for it, out of the content of a dead letter.</summary>
    T Create(object content);

    /// <summary>Whether the caller does not wait any more; it stays so.</summary>
    bool HasLeft(T message);

    /// <summary>The message counts as handled.</summary>
    void OnHandled(T message);

    /// <summary>The message counts as dead-lettered or abandoned.</summary>
    void OnGivenUp(T message, DeadLetterReason reason, Exception? cause);

    /// <summary>A full queue dropped the message, or evicted it.</summary>
    void OnDropped(T message);
}
