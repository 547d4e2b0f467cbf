namespace SidecarPatterns;

/// <content>How a call waits: no longer than it has time, and on its caller's thread where that is blocked meanwhile.</content>
internal sealed partial class CallPipeline
{
    /// <inheritdoc cref="WaitInTime(Call, Task, CancellationToken)"/>
    private Task WaitInTime(Call call, Task task) => WaitInTime(call, task, call.Caller);

    /// <summary>Waits for a task, no longer than the call has time.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> was cancelled.</exception>
    /// <exception cref="TimeoutException">The call's time is over.</exception>
    private Task WaitInTime(Call call, Task task, CancellationToken ct) => Wait(
        call,
        call.DueAt == long.MaxValue ? task.WaitAsync(ct)
        : call.Settings.Options.SuspendTimeoutsWhileDebugging ? WaitWhileDebuggingAsync(call, task, ct)
        : task.WaitAsync(TimerTime.Of(_clock.GetElapsedTime(_clock.GetTimestamp(), call.DueAt)), _clock, ct));

    private async Task WaitWhileDebuggingAsync(Call call, Task task, CancellationToken ct)
    {
        while (true)
        {
            var left = _clock.GetElapsedTime(_clock.GetTimestamp(), call.DueAt);
            try
            {
                var atMost = left <= TimeSpan.Zero && IsSuspended(call) ? DeadlineScanner.Period : TimerTime.Of(left);
                await task.WaitAsync(atMost, _clock, ct).ConfigureAwait(false);
                return;
            }
            catch (TimeoutException) when (!task.IsCompleted && IsSuspended(call))
            {
                // It is looked again before long.
            }
        }
    }

    /// <summary>Whether the end of a call's time is put off, since a debugger is attached.</summary>
    private bool IsSuspended(Call call) => Suspension(call.Settings.Options) is { } isSuspended && isSuspended();

    private Func<bool>? Suspension(AmbassadorOptions options) => options.SuspendTimeoutsWhileDebugging ? state.IsDebuggerAttached : null;

    /// <summary>What a call waits for; complete already where its caller's thread is blocked meanwhile.</summary>
    private static Task Wait(Call call, Task waiting)
    {
        if (call.IsSync)
        {
            waiting.GetAwaiter().GetResult();
        }

        return waiting;
    }
}
