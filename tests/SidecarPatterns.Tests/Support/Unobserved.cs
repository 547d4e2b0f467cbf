using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace SidecarPatterns.Tests;

/// <summary>Finds the failures of tasks that nobody looks at. They are told to the whole process: for tests that do not run beside others.</summary>
internal static class Unobserved
{
    /// <summary>Lets what goes on fail, and returns what nobody looked at.</summary>
    public static async Task<IReadOnlyCollection<string>> AfterAsync(Action fail)
    {
        await Task.Yield(); // Off the test's own stack, and that of a cancellation it may go on in: what lies there is kept.
        var unobserved = new ConcurrentQueue<string>();
        EventHandler<UnobservedTaskExceptionEventArgs> note = (_, arguments) => unobserved.Enqueue(arguments.Exception.ToString());
        TaskScheduler.UnobservedTaskException += note;
        try
        {
            fail();
            var others = Leave();
            await Eventually.HoldsAsync(
                () =>
                {
                    GC.Collect();
                    GC.WaitForPendingFinalizers();
                    return unobserved.Any(static one => one.Contains("nobody's", StringComparison.Ordinal)) && !others.IsAlive;
                },
                "what nobody looks at is told");
            for (var i = 0; i < 3; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= note;
        }

        return unobserved;
    }

    // The measure: a task whose failure nobody looks at.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Leave() => new(Task.FromException(new InvalidOperationException("nobody's")));
}
