namespace SidecarPatterns;

/// <summary>Whether a sidecar is paused, over all its incarnations. Thread-safe.</summary>
internal sealed class PauseState
{
    private PauseGate? _gate; // Made when it is first paused.

    public bool IsOn => Volatile.Read(ref _gate) is { IsOn: true };

    /// <returns><see langword="false"/> if it was so already.</returns>
    public bool Set(bool isOn)
    {
        if (_gate is null && !isOn)
        {
            return false;
        }

        var gate = _gate ?? Interlocked.CompareExchange(ref _gate, new PauseGate(), null) ?? _gate;
        return gate.Set(isOn);
    }

    public Task WaitAsync() => _gate?.WaitAsync() ?? Task.CompletedTask;

    public void Release() => _gate?.Release();
}
