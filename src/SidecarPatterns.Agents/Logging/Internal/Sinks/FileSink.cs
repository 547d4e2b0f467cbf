namespace SidecarPatterns;

/// <summary>The sidecar that writes lines to the file. It waits out what is wrong with the storage: meanwhile lines are kept, here and in the queue.</summary>
internal sealed class FileSink(LogStore store) : IBatchSidecar<LogEntry>, ISidecarStartup
{
    public ValueTask StartAsync(SidecarContext context, CancellationToken ct)
    {
        store.IsServed = true;
        return default;
    }

    public async ValueTask HandleAsync(IReadOnlyList<LogEntry> batch, SidecarContext context, CancellationToken ct)
    {
        for (var next = 0; next < batch.Count;)
        {
            try
            {
                next = store.Write(batch, next);
            }
#pragma warning disable CA1031 // Whatever it is that the storage fails with: it is waited for.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                await WaitAsync(store.OnFailure(exception), batch, next, context, ct).ConfigureAwait(false);
            }
        }

        LogEntry.Release(batch, ct);
    }

    private static async Task WaitAsync(TimeSpan delay, IReadOnlyList<LogEntry> batch, int written, SidecarContext context, CancellationToken ct)
    {
        try
        {
            await Task.Delay(delay, context.TimeProvider, ct).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            for (var i = 0; i < written && i < batch.Count; i++)
            {
                context.MarkHandled(i); // The others are told of, and go to standard error.
            }

            throw;
        }
    }
}
