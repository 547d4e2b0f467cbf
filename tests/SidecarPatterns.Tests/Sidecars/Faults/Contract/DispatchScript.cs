namespace SidecarPatterns.Tests;

/// <summary>What a sidecar with messages does in a fault test, by <see cref="Script.Handle"/>, whatever shape its calls have. Counts how each ends.</summary>
internal sealed class DispatchScript(Account account) : Script
{
    private int _inCalls;
    private bool _countsNoMore;

    /// <summary>When a message was dropped, once it is counted.</summary>
    public Action OnDropped { get; set; } = static () => { };

    /// <summary>How many messages are in calls that have not ended.</summary>
    public int InCalls => Volatile.Read(ref _inCalls);

    /// <summary>The test counts what becomes of the messages in calls: they end too late for their sidecar, or are cancelled by its stop.</summary>
    public void CountNoMore() => Volatile.Write(ref _countsNoMore, true);

    /// <summary>Calls of one message each.</summary>
    public ValueTask CallAsync(int message, SidecarContext context, CancellationToken ct)
    {
        Begin(1);
        ValueTask call;
        try
        {
            call = Handle(message, context, ct);
        }
        catch
        {
            End(1, succeeded: false);
            throw; // On the thread of the caller, as the handler does.
        }

        if (!call.IsCompletedSuccessfully)
        {
            return AwaitAsync(call);
        }

        End(1, succeeded: true);
        return default;
    }

    /// <summary>Calls of a batch: fails as a whole where one of its messages does, or says of each what became of it, and then fails.</summary>
    public async ValueTask CallAsync(IReadOnlyList<int> batch, bool marks, SidecarContext context, CancellationToken ct)
    {
        Begin(batch.Count);
        var left = batch.Count;
        Exception? failure = null;
        for (var i = 0; i < batch.Count && (failure is null || marks); i++)
        {
            Exception? own = null;
            try
            {
                await Handle(batch[i], context, ct);
            }
            catch (Exception exception)
            {
                own = failure = exception;
            }

            if (marks && !Volatile.Read(ref _countsNoMore))
            {
                Mark(context, i, own);
                End(1, own is null);
                left--;
            }
        }

        End(left, failure is null);
        if (failure is not null)
        {
            throw failure;
        }
    }

    private static void Mark(SidecarContext context, int index, Exception? failure)
    {
        if (failure is null)
        {
            context.MarkHandled(index);
        }
        else
        {
            context.MarkFailed(index, failure);
        }
    }

    private async ValueTask AwaitAsync(ValueTask call)
    {
        var succeeded = false;
        try
        {
            await call;
            succeeded = true;
        }
        finally
        {
            End(1, succeeded);
        }
    }

    private void Begin(int messages) => Interlocked.Add(ref _inCalls, messages);

    private void End(int messages, bool succeeded)
    {
        Interlocked.Add(ref _inCalls, -messages);
        for (var i = 0; i < messages && !Volatile.Read(ref _countsNoMore); i++)
        {
            if (succeeded)
            {
                account.CountHandled();
            }
            else
            {
                account.CountDeadLettered();
            }
        }
    }
}
