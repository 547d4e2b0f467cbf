using System.Threading.Tasks.Sources;

namespace SidecarPatterns.Tests;

/// <summary>A handler's call that does not complete before the test says so, and shows when it is awaited. To be awaited once.</summary>
internal sealed class HeldCall : IValueTaskSource
{
    private readonly TaskCompletionSource _awaited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };

    /// <summary>For the handler: what it returns.</summary>
    public ValueTask Call => new(this, _core.Version);

    /// <summary>For the test: waits until the call is awaited.</summary>
    public Task AwaitedAsync() => _awaited.Task.InTime();

    /// <summary>For the test: completes the call.</summary>
    public void End() => _core.SetResult(true);

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        _core.OnCompleted(continuation, state, token, flags);
        _awaited.TrySetResult();
    }
}
