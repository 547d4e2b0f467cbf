using System.Threading.Tasks.Sources;

namespace SidecarPatterns;

/// <summary>Wakes the one dispatcher that sleeps on a queue; used again and again, so that sleeping allocates nothing.</summary>
/// <remarks>The dispatcher prepares it before it shows that it sleeps; whoever takes that mark away sets it, exactly once.</remarks>
internal sealed class TakeSignal : IValueTaskSource<bool>
{
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };

    public void Prepare() => _core.Reset();

    public ValueTask<bool> Wait() => new(this, _core.Version);

    /// <summary>Wakes the dispatcher, which then looks for itself.</summary>
    public void Set() => _core.SetResult(true);

    public bool GetResult(short token) => _core.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
