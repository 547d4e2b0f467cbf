namespace SidecarPatterns;

/// <summary>How options change while the sidecar runs.</summary>
internal sealed partial class SidecarSupervisor
{
    /// <summary>Goes by other options from here on; lanes adopt them between two messages.</summary>
    public void Apply(SidecarOptions options)
    {
        lock (_lock)
        {
            Worker.Apply(options);
            if (_backoff is not null)
            {
                _backoff.Limits = RestartLimits.Of(options);
            }

            if (_incarnation is { } incarnation && !incarnation.TryResize(options.Concurrency))
            {
                incarnation.TryLeaveFor(LeaveReason.MoreLanes);
            }
        }
    }

    /// <summary>The incarnation has left: if that was to make room for more lanes, this is the one that goes on with its instance.</summary>
    private Incarnation? TryWiden(Incarnation incarnation)
    {
        lock (_lock)
        {
            if (incarnation.LeavesFor != LeaveReason.MoreLanes || _stage == SupervisionStage.Overdue || incarnation.WasInterrupted)
            {
                return null;
            }

            var wider = Worker.Widen(incarnation);
            Begin(wider);
            return wider;
        }
    }
}
