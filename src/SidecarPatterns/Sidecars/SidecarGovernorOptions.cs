namespace SidecarPatterns;

/// <summary>The settings of the governor, which makes sidecars give way while the process is near a limit.</summary>
/// <remarks>Bound from the configuration section <c>SidecarGovernor</c>, then changed by the callback of <c>AddSidecarGovernor</c>, then checked.</remarks>
public sealed class SidecarGovernorOptions
{
    /// <summary>From what part of the CPU time of the machine or container on the process is under pressure.</summary>
    /// <value>0.8 by default; above 0, up to 1.</value>
    public double MaxCpu { get; set; } = SidecarConstants.MaxCpu;

    /// <summary>From what part of the memory of the machine or container on the process is under pressure.</summary>
    /// <value>0.9 by default; above 0, up to 1.</value>
    public double MaxMemory { get; set; } = SidecarConstants.MaxMemory;

    /// <summary>
    /// What a sidecar keeps at least, however great the pressure: so much of the time of one lane, which all its lanes share where
    /// <see cref="SidecarOptions.Concurrency"/> gives it several.
    /// </summary>
    /// <value>0.05 by default; above 0, up to 1.</value>
    public double MinShare { get; set; } = SidecarConstants.MinShare;

    /// <summary>How often the governor looks.</summary>
    /// <value>250 ms by default; more than zero, at most 49 days.</value>
    public TimeSpan Interval { get; set; } = SidecarConstants.GovernorInterval;
}
