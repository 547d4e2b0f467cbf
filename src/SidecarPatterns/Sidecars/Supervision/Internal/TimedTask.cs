namespace SidecarPatterns;

/// <summary>Waits for a task for a while.</summary>
internal static class TimedTask
{
    /// <summary>Whether the task completes in time, however it completes; its own outcome is not looked at.</summary>
    public static async Task<bool> CompletesWithinAsync(
        this Task task, TimeSpan limit, TimeProvider timeProvider, CancellationToken ct = default)
    {
        if (task.IsCompleted)
        {
            return true;
        }

        using var stopWaiting = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var timer = Task.Delay(limit, timeProvider, stopWaiting.Token);
        await Task.WhenAny(task, timer).ConfigureAwait(false);
        await stopWaiting.CancelAsync().ConfigureAwait(false);
        return task.IsCompleted;
    }
}
