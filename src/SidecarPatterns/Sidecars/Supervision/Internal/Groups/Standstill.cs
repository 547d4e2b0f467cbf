namespace SidecarPatterns;

/// <summary>A member's stay between two incarnations, for as long as its group holds it there.</summary>
internal sealed class Standstill
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _goneOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>For the group: completes when the member stands still, its instance disposed of, or has ended.</summary>
    public Task WhenReached => _reached.Task;

    /// <summary>For the member: completes when it may go on.</summary>
    public Task WhenOver => _left.Task;

    public bool IsOver => _left.Task.IsCompleted;

    /// <summary>For the group: completes when the incarnation that followed is ready, or will not be.</summary>
    public Task WhenGoneOn => _goneOn.Task;

    public void Reach() => _reached.TrySetResult();

    public void End() => _left.TrySetResult();

    public void GoneOn() => _goneOn.TrySetResult();
}
