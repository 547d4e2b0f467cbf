namespace SidecarPatterns;

/// <summary>One life of a sidecar that just runs.</summary>
/// <param name="instance">The sidecar.</param>
/// <param name="ownsInstance">Whether to dispose of it.</param>
/// <param name="context">What it knows of itself.</param>
/// <param name="run">Its <c>RunAsync</c>.</param>
internal sealed class RunIncarnation(
    object instance, bool ownsInstance, SidecarContext context, Func<SidecarContext, CancellationToken, Task> run)
    : WorkIncarnation(instance, ownsInstance, context)
{
    public override async Task RunAsync()
    {
        var work = run(Context, Token);
        if (!work.IsCompleted)
        {
            ReportRunning(); // It has come to its first real await.
        }

        await WaitForAsync(work).ConfigureAwait(false);
    }

    /// <summary>Its token is all it knows.</summary>
    public override void Stop() => Cancel(DeadLetterReason.Abandoned);
}
