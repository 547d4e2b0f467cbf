namespace SidecarPatterns;

/// <summary>The settings of a group of sidecars: how often, and how fast, its members are restarted.</summary>
/// <remarks>
/// <para>Bound from the configuration section <c>SidecarGroups:&lt;name&gt;</c>, then changed by the callback of the registration, then checked. A wrong
/// value stops the start of the host with an error that names the key, the value and what is allowed.</para>
/// <para>They stand in for the options of the same names in <see cref="SidecarOptions"/>, which mean nothing for a member. Failures of all members
/// are one row.</para>
/// </remarks>
public sealed class SidecarGroupOptions
{
    /// <summary>How long the first restart waits; each further one in a row waits twice as long, give or take 20 %.</summary>
    /// <value>1 s by default; from zero to 49 days.</value>
    public TimeSpan RestartDelay { get; set; } = SidecarConstants.RestartDelay;

    /// <summary>The longest wait before a restart.</summary>
    /// <value>30 s by default; from <see cref="RestartDelay"/> to 49 days.</value>
    public TimeSpan MaxRestartDelay { get; set; } = SidecarConstants.MaxRestartDelay;

    /// <summary>How many failures of members in a row lead to restarts; the one after them is for good.</summary>
    /// <value>5 by default, so that the sixth failure in a row is the last; from 0 to 1,000,000.</value>
    public int MaxRestarts { get; set; } = SidecarConstants.MaxRestarts;

    /// <summary>How long all members must have been ready again for the next failure to begin a new row.</summary>
    /// <value>60 s by default; from zero to 49 days.</value>
    public TimeSpan HealthyAfter { get; set; } = SidecarConstants.HealthyAfter;
}
