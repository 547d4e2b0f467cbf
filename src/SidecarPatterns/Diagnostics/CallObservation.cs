using System.Diagnostics;

namespace SidecarPatterns;

/// <summary>What is watched of one handler call after the other; the default watches nothing.</summary>
internal struct CallObservation
{
    public bool IsActive { get; init; }

    public long StartedAt { get; init; }

    /// <summary>When the call before ended, if the next one follows at once: it begins then. 0 if there was none.</summary>
    public long LastEndedAt { get; init; }

    public Activity? Activity { get; init; }
}
