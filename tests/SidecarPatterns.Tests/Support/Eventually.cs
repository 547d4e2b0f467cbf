using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace SidecarPatterns.Tests;

/// <summary>Bounds every wait of a test: what should happen happens soon, or the test fails and says what it waited for.</summary>
internal static class Eventually
{
    /// <summary>
    /// Far more than anything takes on a busy machine; nothing is inferred from it, but that a mutant for which a test waits so long is found.
    /// </summary>
#if MUTATION
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(4);
#else
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
#endif

    /// <summary>
    /// For what a test holds up: longer than it waits for anything, so that nothing comes to hold since somebody was tired of being held.
    /// </summary>
    public static readonly TimeSpan HoldLimit = 2 * Limit;

    /// <summary>Waits until a condition holds.</summary>
    public static async Task HoldsAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var startedAt = Stopwatch.GetTimestamp();
        for (var looks = 1; !condition(); looks++)
        {
            if (Stopwatch.GetElapsedTime(startedAt) > Limit)
            {
                Assert.Fail($"This did not come to hold within {Limit}: {what}");
            }

            // Between two looks only; the condition alone decides.
            await (looks < 50 ? Task.Run(static () => { }) : Task.Delay(1));
        }
    }

    /// <summary>Waits for a task, but not for ever.</summary>
    public static Task InTime(this Task task) => task.WaitAsync(Limit);

    /// <inheritdoc cref="InTime(Task)"/>
    public static Task<T> InTime<T>(this Task<T> task) => task.WaitAsync(Limit);

    /// <summary>Waits for a task to end and returns what it failed with, if it did.</summary>
    public static async Task<Exception?> FailureAsync(this Task task)
    {
        try
        {
            await task.InTime();
            return null;
        }
        catch (Exception exception) when (task.IsCompleted)
        {
            return exception;
        }
    }
}
