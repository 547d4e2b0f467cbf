namespace SidecarPatterns;

/// <summary>Where the lanes of a paused sidecar wait, over all its incarnations. Thread-safe.</summary>
internal sealed class PauseGate
{
    private TaskCompletionSource? _release; // There while it is on.

    public bool IsOn => Volatile.Read(ref _release) is not null;

    /// <summary>Begins a pause, or ends it and lets those who wait go on.</summary>
    public void Set(bool isOn)
    {
        if (isOn)
        {
            Interlocked.CompareExchange(ref _release, NewRelease(), null);
        }
        else
        {
            Interlocked.Exchange(ref _release, null)?.TrySetResult();
        }
    }

    /// <summary>Lets those who wait look again; those who come later wait while it is on.</summary>
    public void Release()
    {
        // Should the pause end meanwhile, then that lets them go.
        if (Volatile.Read(ref _release) is { } release && Interlocked.CompareExchange(ref _release, NewRelease(), release) == release)
        {
            release.TrySetResult();
        }
    }

    /// <summary>Waits until the pause is over, or somebody wants those who wait to look again.</summary>
    public Task WaitAsync() => Volatile.Read(ref _release)?.Task ?? Task.CompletedTask;

    private static TaskCompletionSource NewRelease() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
