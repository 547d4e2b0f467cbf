using System.Diagnostics;

namespace SidecarPatterns.Tests;

/// <summary>Lets code wait for a condition over what other code changes, without looking at it again and again. Thread-safe.</summary>
internal sealed class Changes
{
    private TaskCompletionSource _next = Create();

    /// <summary>Tells those who wait that they may look again; to be called after the change.</summary>
    public void Tell() => Interlocked.Exchange(ref _next, Create()).TrySetResult();

    /// <summary>Waits until a condition holds, but not for ever.</summary>
    /// <param name="condition">Looked at now and after each change.</param>
    /// <param name="what">What is waited for, as the failure says it.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task UntilAsync(Func<bool> condition, Func<string> what, CancellationToken ct = default)
    {
        var startedAt = Stopwatch.GetTimestamp();
        while (true)
        {
            // Taken before the look, so that a change right after it is not missed.
            var next = Volatile.Read(ref _next).Task;
            if (condition())
            {
                return;
            }

            var left = Eventually.Limit - Stopwatch.GetElapsedTime(startedAt);
            if (left <= TimeSpan.Zero || !await ComesAsync(next, left, ct))
            {
                throw new TimeoutException($"This did not come to hold within {Eventually.Limit}: {what()}");
            }
        }
    }

    private static async Task<bool> ComesAsync(Task next, TimeSpan within, CancellationToken ct)
    {
        try
        {
            await next.WaitAsync(within, ct);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static TaskCompletionSource Create() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
