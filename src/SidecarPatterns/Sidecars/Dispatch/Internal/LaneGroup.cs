namespace SidecarPatterns;

/// <summary>An incarnation of several lanes, which share one instance and one intake.</summary>
internal sealed class LaneGroup<T> : Incarnation
{
    private readonly DispatchLane<T>[] _lanes;
    private readonly MessageIntake<T> _intake;
    private readonly bool[] _isInterrupted;

    public LaneGroup(
        ILaneOwner<T> owner, MessageIntake<T> intake, ISidecar<T> handler, object instance, bool ownsInstance, SidecarContext context)
        : base(instance, ownsInstance, context)
    {
        _intake = intake;
        _lanes = [.. intake.Lanes.Select(source => new DispatchLane<T>(owner, source, handler, instance, ownsInstance: false, context.ForLane())
        {
            IsReadyOnceRunning = false,
        })];
        _isInterrupted = new bool[_lanes.Length];
    }

    public override Task Quiet => Task.WhenAll(_lanes.Select(static lane => lane.Quiet));

    public override bool WasInterrupted => Array.Exists(_lanes, static lane => lane.WasInterrupted);

    public override async Task RunAsync()
    {
        ReportRunning();
        await Task.WhenAll(_lanes.Select(RunAsync)).ConfigureAwait(false);
    }

    public override void Stop()
    {
        Array.ForEach(_lanes, static lane => lane.Stop());
        _intake.StopParking();
    }

    public override void LeaveSoon() => Array.ForEach(_lanes, static lane => lane.LeaveSoon());

    public override void HoldSoon() => Array.ForEach(_lanes, static lane => lane.HoldSoon());

    public override IEnumerable<IWatchedLane> Lanes => _lanes;

    public override void Cancel(DeadLetterReason reason)
    {
        base.Cancel(reason);
        Array.ForEach(_lanes, lane => lane.Cancel(reason));
    }

    public override bool TryInterrupt(DeadLetterReason reason, Exception? cause)
    {
        for (var i = 0; i < _lanes.Length; i++)
        {
            _isInterrupted[i] = _isInterrupted[i] || _lanes[i].TryInterrupt(reason, cause);
        }

        return Array.TrueForAll(_isInterrupted, static isInterrupted => isInterrupted);
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var lane in _lanes)
        {
            await lane.DisposeAsync().ConfigureAwait(false);
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>One lane that fails ends them all: a fresh instance is to take over.</summary>
    private async Task RunAsync(DispatchLane<T> lane)
    {
        try
        {
            await lane.RunAsync().ConfigureAwait(false);
        }
        catch
        {
            LeaveSoon();
            throw;
        }
    }
}
