namespace SidecarPatterns;

/// <summary>Why a message that was published was not accepted.</summary>
public enum PublishReason
{
    /// <summary>It was accepted.</summary>
    None = 0,

    /// <summary>The queue is full.</summary>
    Full = 1,

    /// <summary>The queue is full and the publisher is the sidecar's own handler: to wait would be a deadlock.</summary>
    OwnQueueFull = 2,

    /// <summary>The sidecar has stopped, or is draining.</summary>
    Stopped = 3,

    /// <summary>The sidecar has failed for good.</summary>
    Failed = 4,

    /// <summary>The publisher is the <c>OnDropped</c> callback of the same queue.</summary>
    InsideOnDropped = 5,
}
