namespace SidecarPatterns;

/// <summary>One sidecar as the governor sees it.</summary>
/// <param name="governor">The governor.</param>
/// <param name="priority">When it gives way.</param>
/// <param name="holdsUpPublishers">Whether publishers wait for room in its queue: then it would hold up the very application that it is to make way
/// for.</param>
internal sealed class GovernedSidecar(SidecarGovernor governor, SidecarPriority priority, Func<bool> holdsUpPublishers)
{
    /// <summary>What part of its time is left to it: 1 for all of it.</summary>
    public double Share => governor.ShareOf(priority);

    /// <summary>Whether it is to give way now.</summary>
    public bool MustYield => Share < 1 && !holdsUpPublishers();
}
