namespace SidecarPatterns;

/// <summary>One life of a sidecar whose work is one task: to give up on it is to stop waiting for that.</summary>
internal abstract class WorkIncarnation(object instance, bool ownsInstance, SidecarContext context) : Incarnation(instance, ownsInstance, context)
{
    private readonly TaskCompletionSource _abandoned = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Task? _work;

    public override Task Quiet => _work ?? Task.CompletedTask;

    public override bool HasReturned => _work is { IsCompletedSuccessfully: true };

    public override bool WasInterrupted => _abandoned.Task.IsCompleted;

    /// <summary>It has no steps to leave between: to be stopped is all it knows.</summary>
    public override void LeaveSoon() => Stop();

    public override bool TryInterrupt(DeadLetterReason reason, Exception? cause)
    {
        _abandoned.TrySetResult();
        return true;
    }

    /// <summary>Waits until the work has ended, and fails with what ended it; or until it is given up on.</summary>
    protected async Task WaitForAsync(Task work)
    {
        _work = work;
        await Task.WhenAny(work, _abandoned.Task).ConfigureAwait(false);
        if (work.IsCompleted)
        {
            await work.ConfigureAwait(false);
        }
    }
}
