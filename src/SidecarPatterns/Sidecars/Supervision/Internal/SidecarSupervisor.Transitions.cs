namespace SidecarPatterns;

/// <summary>What those who watch a sidecar are told of the reasons for its steps.</summary>
internal sealed partial class SidecarSupervisor
{
    public SidecarLife Life => _life;

    /// <summary>Why the sidecar goes to a state; asked by its life, as it goes there.</summary>
    public TransitionCause CauseOf(SidecarState state) => state switch
    {
        // Only an end that was counted has planned a restart, and in a row of failures it was the last of them.
        SidecarState.Restarting when _backoff.Planned is { } delay => new(_backoff.FailuresInRow > 0 ? Worker.LastError : null, delay),
        SidecarState.Failed => new(Worker.LastError, RestartDelay: null),
        SidecarState.Stopped => new(FailureWhileStopping, RestartDelay: null),
        _ => default,
    };
}
