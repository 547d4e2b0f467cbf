namespace SidecarPatterns;

/// <summary>The states of a sidecar's life. It is in exactly one of them at any moment.</summary>
public enum SidecarState
{
    /// <summary>Registered; the host has not started it yet. Publishes are buffered.</summary>
    Created = 0,

    /// <summary>The first incarnation is being started.</summary>
    Starting = 1,

    /// <summary>Working.</summary>
    Ready = 2,

    /// <summary>An optional sidecar that was not ready in time; it may become ready yet.</summary>
    Degraded = 3,

    /// <summary>Paused by control. Publishes are accepted up to the capacity.</summary>
    Paused = 4,

    /// <summary>An incarnation failed; the next one waits for its turn or is being started.</summary>
    Restarting = 5,

    /// <summary>The application has stopped; the sidecar takes no more messages and handles those it has.</summary>
    Draining = 6,

    /// <summary>Ended in order.</summary>
    Stopped = 7,

    /// <summary>Ended for good by a failure.</summary>
    Failed = 8,
}
