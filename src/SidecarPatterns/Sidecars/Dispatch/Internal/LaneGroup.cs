namespace SidecarPatterns;

/// <summary>An incarnation of several lanes, which share one instance and one intake. Their number may change while they run.</summary>
internal sealed class LaneGroup<T> : Incarnation
{
    private readonly ILaneOwner<T> _owner;
    private readonly MessageIntake<T> _intake;
    private readonly ISidecar<T> _handler;
    private readonly object _instance;
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guarded by the lock; the arrays are replaced, never changed.
    private LaneEntry[] _lanes = [];
    private LaneEntry[] _left = []; // Those that were given up on, and may still run.
    private Exception? _failure;
    private bool _isRunning;
    private bool _isLeaving; // Or draining: from here on nobody comes in.

    public LaneGroup(
        ILaneOwner<T> owner, MessageIntake<T> intake, ISidecar<T> handler, object instance, bool ownsInstance, SidecarContext context)
        : base(instance, ownsInstance, context)
    {
        _owner = owner;
        _intake = intake;
        _handler = handler;
        _instance = instance;
        for (var i = 0; i < owner.Options.Concurrency; i++)
        {
            AddLane();
        }
    }

    public override Task Quiet => Task.WhenAll(_lanes.Concat(_left).Select(static entry => entry.Lane.Quiet));

    public override bool WasInterrupted => Array.Exists(_lanes, static entry => entry.Lane.WasInterrupted) || _left.Length > 0;

    public override IEnumerable<IWatchedLane> Lanes => _lanes.Select(static entry => entry.Lane);

    public override Task RunAsync()
    {
        ReportRunning();
        lock (_lock)
        {
            _isRunning = true;
            foreach (var entry in _lanes)
            {
                _ = RunAsync(entry);
            }
        }

        return _ended.Task;
    }

    public override bool TryResize(int lanes)
    {
        lock (_lock)
        {
            if (_isLeaving || _ended.Task.IsCompleted)
            {
                return true; // Whoever comes next has the right number from the beginning.
            }

            var staying = Array.FindAll(_lanes, static entry => !entry.IsLeaving);
            for (var i = staying.Length; i < lanes; i++)
            {
                var added = AddLane();
                if (_owner.Pause.IsOn)
                {
                    added.Lane.HoldSoon();
                }

                if (_isRunning)
                {
                    _ = RunAsync(added);
                }
            }

            foreach (var entry in staying.Skip(lanes))
            {
                entry.IsLeaving = true;
                entry.Lane.LeaveSoon();
            }
        }

        return true;
    }

    public override void Stop()
    {
        lock (_lock)
        {
            _isLeaving = true;
            Array.ForEach(_lanes, static entry => entry.Lane.Stop());
        }

        _intake.StopParking();
    }

    public override void LeaveSoon()
    {
        lock (_lock)
        {
            _isLeaving = true;
            Array.ForEach(_lanes, static entry => entry.Lane.LeaveSoon());
        }
    }

    public override void HoldSoon()
    {
        lock (_lock)
        {
            Array.ForEach(_lanes, static entry => entry.Lane.HoldSoon());
        }
    }

    public override void WaitUntilHeld() => Array.ForEach(_lanes, static entry => entry.Lane.WaitUntilHeld());

    public override void Cancel(DeadLetterReason reason)
    {
        lock (_lock)
        {
            Array.ForEach(_lanes, entry => entry.Lane.Cancel(reason));
        }
    }

    public override bool TryInterrupt(DeadLetterReason reason, Exception? cause)
    {
        var areAll = true;
        foreach (var entry in _lanes)
        {
            entry.IsInterrupted = entry.IsInterrupted || entry.Lane.TryInterrupt(reason, cause);
            areAll &= entry.IsInterrupted;
        }

        return areAll;
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var entry in _lanes.Concat(_left))
        {
            await entry.Lane.DisposeAsync().ConfigureAwait(false);
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    private LaneEntry AddLane()
    {
        var source = _intake.RentLane();
        var lane = new DispatchLane<T>(_owner, source, _handler, _instance, ownsInstance: false, Context.ForLane()) { IsReadyOnceRunning = false };
        var entry = new LaneEntry(lane, source);
        _lanes = [.. _lanes, entry];
        return entry;
    }

    /// <summary>One lane that fails ends them all: a fresh instance is to take over.</summary>
    private async Task RunAsync(LaneEntry entry)
    {
        Exception? failure = null;
        try
        {
            await entry.Lane.RunAsync().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Kept for the end of them all, of which the supervisor decides.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            failure = exception;
            LeaveSoon();
        }

        var wasInterrupted = entry.Lane.WasInterrupted;
        if (!wasInterrupted)
        {
            await entry.Lane.Quiet.ConfigureAwait(false); // A moment.
            await entry.Lane.DisposeAsync().ConfigureAwait(false);
        }

        _intake.ReturnLane(entry.Source);
        if (_owner.Returned.Count > 0)
        {
            _intake.WakeOne(); // One that stays goes on with what this one has left.
        }

        lock (_lock)
        {
            _failure ??= failure;
            _left = wasInterrupted ? [.. _left, entry] : _left;
            _lanes = Array.FindAll(_lanes, other => other != entry);
            if (_lanes.Length > 0)
            {
                return;
            }
        }

        if (_failure is null)
        {
            _ended.TrySetResult();
        }
        else
        {
            _ended.TrySetException(_failure);
        }
    }

    /// <summary>A lane, and what is meant to become of it.</summary>
    private sealed class LaneEntry(DispatchLane<T> lane, LaneSource<T> source)
    {
        public DispatchLane<T> Lane => lane;

        public LaneSource<T> Source => source;

        public bool IsLeaving { get; set; }

        public bool IsInterrupted { get; set; }
    }
}
