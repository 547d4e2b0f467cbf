namespace SidecarPatterns.Tests;

/// <summary>A place at which a test holds the code under test: it waits there until the test lets it go on.</summary>
internal sealed class SyncPoint
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether the code has come here.</summary>
    public bool IsReached => _reached.Task.IsCompleted;

    /// <summary>For the test: waits until the code has come here.</summary>
    public Task ReachedAsync() => _reached.Task.InTime();

    /// <summary>For the test: lets the code go on, now or when it comes here.</summary>
    public void Release() => _released.TrySetResult();

    /// <summary>For the code: shows that it is here, and waits to be let on.</summary>
    public Task PassAsync(CancellationToken ct = default)
    {
        _reached.TrySetResult();
        return _released.Task.WaitAsync(Eventually.HoldLimit, ct);
    }

    /// <summary>As <see cref="PassAsync"/>, but blocks the thread.</summary>
    public void Pass()
    {
        _reached.TrySetResult();
        if (!_released.Task.Wait(Eventually.HoldLimit))
        {
            throw new TimeoutException("Nobody released the sync point.");
        }
    }
}
