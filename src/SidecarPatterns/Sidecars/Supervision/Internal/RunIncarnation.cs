namespace SidecarPatterns;

/// <summary>One life of a sidecar that just runs.</summary>
/// <param name="instance">The sidecar.</param>
/// <param name="ownsInstance">Whether to dispose of it.</param>
/// <param name="context">What it knows of itself.</param>
/// <param name="run">Its <c>RunAsync</c>.</param>
internal sealed class RunIncarnation(
    object instance, bool ownsInstance, SidecarContext context, Func<SidecarContext, CancellationToken, Task> run)
    : Incarnation(instance, ownsInstance, context)
{
    private readonly TaskCompletionSource _abandoned = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Task _run = Task.CompletedTask;

    public override Task Quiet => _run;

    public override bool WasInterrupted => _abandoned.Task.IsCompleted;

    public override async Task RunAsync()
    {
        _run = run(Context, Token);
        if (!_run.IsCompleted)
        {
            ReportRunning(); // It has come to its first real await.
            await Task.WhenAny(_run, _abandoned.Task).ConfigureAwait(false);
        }

        if (_run.IsCompleted)
        {
            await _run.ConfigureAwait(false);
        }
    }

    public override void Stop() => Cancel();

    /// <summary>It has no steps to leave between; its token is all it knows.</summary>
    public override void LeaveSoon() => Cancel();

    public override bool TryInterrupt(DeadLetterReason reason, Exception? cause)
    {
        _abandoned.TrySetResult();
        return true;
    }
}
