namespace SidecarPatterns;

/// <summary>One life of a sidecar that just runs.</summary>
/// <param name="instance">The sidecar.</param>
/// <param name="ownsInstance">Whether to dispose of it.</param>
/// <param name="context">What it knows of itself.</param>
/// <param name="run">Its <c>RunAsync</c>.</param>
/// <param name="thread">Where it begins; by default on the thread pool.</param>
internal sealed class RunIncarnation(
    object instance, bool ownsInstance, SidecarContext context, Func<SidecarContext, CancellationToken, Task> run, DedicatedThread? thread = null)
    : WorkIncarnation(instance, ownsInstance, context)
{
    public override async Task RunAsync()
    {
        if (thread is not null)
        {
            await thread;
        }

        var work = run(Context, Token);
        if (!work.IsCompleted)
        {
            ReportRunning(); // It has come to its first real await.
        }

        await WaitForAsync(work).ConfigureAwait(false);
    }

    public override ValueTask DisposeAsync()
    {
        thread?.Dispose();
        return base.DisposeAsync();
    }

    /// <summary>Its token is all it knows.</summary>
    public override void Stop() => Cancel(DeadLetterReason.Abandoned);
}
