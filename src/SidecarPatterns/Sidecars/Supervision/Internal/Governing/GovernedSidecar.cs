namespace SidecarPatterns;

/// <summary>One sidecar as the governor sees it.</summary>
/// <param name="governor">The governor.</param>
/// <param name="priority">When it gives way.</param>
/// <param name="lanes">How many lanes it has: together they keep what one would.</param>
/// <param name="holdsUp">Whether the very application that it is to make way for would wait: for a reply, or for room in its queue.</param>
internal sealed class GovernedSidecar(SidecarGovernor governor, SidecarPriority priority, Func<int> lanes, Func<bool> holdsUp)
{
    private readonly Lock _lock = new();
    private LazyCancellation _goingOn; // Another one after each that was cancelled.

    /// <summary>What part of its time is left to each of its lanes: 1 for all of it.</summary>
    public double Share => governor.ShareOf(priority, Lanes);

    public int Lanes => lanes();

    /// <summary>Whether it is to give way now.</summary>
    public bool MustYield => Share < 1 && !holdsUp();

    /// <summary>Cancelled when its lanes are to go on: to be asked for before the look whether one must rest.</summary>
    public CancellationToken GoingOn
    {
        get
        {
            lock (_lock)
            {
                return _goingOn.Token;
            }
        }
    }

    /// <summary>Ends the rests that are under way: somebody begins to wait for it.</summary>
    public void GoOn()
    {
        LazyCancellation rests;
        lock (_lock)
        {
            (rests, _goingOn) = (_goingOn, default);
        }

        rests.Cancel();
    }
}
