namespace SidecarPatterns;

/// <summary>Where the lanes of a paused sidecar wait. Thread-safe.</summary>
internal sealed class PauseGate
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _release;

    public bool IsOn { get; private set; }

    /// <returns><see langword="false"/> if it was so already.</returns>
    public bool Set(bool isOn)
    {
        lock (_lock)
        {
            if (IsOn == isOn)
            {
                return false;
            }

            IsOn = isOn;
        }

        if (!isOn)
        {
            Release();
        }

        return true;
    }

    /// <summary>Lets those who wait look again; those who come later wait while it is on.</summary>
    public void Release()
    {
        TaskCompletionSource? release;
        lock (_lock)
        {
            (release, _release) = (_release, null);
        }

        release?.TrySetResult();
    }

    /// <summary>Waits until the pause is over, or somebody wants those who wait to look again.</summary>
    public Task WaitAsync()
    {
        lock (_lock)
        {
            return IsOn
                ? (_release ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task
                : Task.CompletedTask;
        }
    }
}
