namespace SidecarPatterns;

/// <summary>One life of a sidecar that just runs.</summary>
internal sealed class RunIncarnation(ISidecar sidecar, bool ownsSidecar, SidecarContext context)
    : Incarnation(sidecar, ownsSidecar, context)
{
    private readonly TaskCompletionSource _abandoned = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Task _run = Task.CompletedTask;

    public override Task Quiet => _run;

    public override bool WasInterrupted => _abandoned.Task.IsCompleted;

    public override async Task RunAsync()
    {
        _run = sidecar.RunAsync(Context, Token);
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
