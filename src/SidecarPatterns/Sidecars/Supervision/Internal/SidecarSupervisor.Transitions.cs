namespace SidecarPatterns;

/// <summary>What those who watch a sidecar are told of the reasons for its steps.</summary>
internal sealed partial class SidecarSupervisor : ITransitionCauses
{
    public SidecarLife Life => _life;

    public TransitionCause? CauseOf(SidecarState state) => state switch
    {
        // Only an end that was counted has planned a restart, and in a row of failures it was the last of them.
        SidecarState.Restarting when _backoff.Planned is { } delay => new(_backoff.FailuresInRow > 0 ? Worker.LastError : null, delay),
        SidecarState.Failed => new(Worker.LastError, RestartDelay: null),
        SidecarState.Stopped when FailureWhileStopping is { } failure => new(failure, RestartDelay: null),
        _ => null,
    };
}
