namespace SidecarPatterns;

/// <summary>What those who watch a sidecar are told of the reasons for its steps.</summary>
internal sealed partial class SidecarSupervisor : ITransitionCauses
{
    private TransitionCause? _restartCause; // While the step is made.

    public SidecarLife Life => _life;

    public TransitionCause? CauseOf(SidecarState state) => state switch
    {
        SidecarState.Restarting => _restartCause,
        SidecarState.Failed => new(Worker.LastError, RestartDelay: null),
        SidecarState.Stopped when FailureWhileStopping is { } failure => new(failure, RestartDelay: null),
        _ => null,
    };

    private void MoveToRestarting(TransitionCause cause)
    {
        _restartCause = cause;
        _life.MoveTo(SidecarState.Restarting);
        _restartCause = null;
    }
}
