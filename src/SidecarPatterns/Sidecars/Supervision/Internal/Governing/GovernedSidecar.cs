namespace SidecarPatterns;

/// <summary>One sidecar as the governor sees it.</summary>
/// <param name="governor">The governor.</param>
/// <param name="priority">When it gives way.</param>
/// <param name="lanes">How many lanes it has: together they keep what one would.</param>
/// <param name="holdsUp">Whether the very application that it is to make way for would wait: for a reply, or for room in its queue.</param>
internal sealed class GovernedSidecar(SidecarGovernor governor, SidecarPriority priority, Func<int> lanes, Func<bool> holdsUp)
{
    /// <summary>What part of its time is left to each of its lanes: 1 for all of it.</summary>
    public double Share => governor.ShareOf(priority, Lanes);

    public int Lanes => lanes();

    /// <summary>Whether it is to give way now.</summary>
    public bool MustYield => Share < 1 && !holdsUp();
}
