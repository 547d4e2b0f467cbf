using System.Diagnostics;

namespace SidecarPatterns;

/// <summary>What is watched of one handler call after the other; the default watches nothing.</summary>
/// <remarks>Its parts are set one by one: to replace it as a whole costs as much as a handler.</remarks>
internal struct CallObservation
{
    public bool IsActive { get; set; }

    public long StartedAt { get; set; }

    /// <summary>When the call before ended, if the next one follows at once: it begins then. 0 if there was none.</summary>
    public long LastEndedAt { get; set; }

    /// <summary>Of the call that is under way.</summary>
    public Activity? Activity { get; set; }
}
