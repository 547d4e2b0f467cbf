using System.Diagnostics;

namespace SidecarPatterns;

/// <summary>What is watched of one handler call; the default watches nothing.</summary>
internal struct CallObservation
{
    public bool IsActive { get; init; }

    public long StartedAt { get; init; }

    public Activity? Activity { get; init; }
}
