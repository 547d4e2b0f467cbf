namespace SidecarPatterns.Benchmarks;

/// <summary>Counts what handlers on several threads have done in this round, by whichever side is running.</summary>
internal static class SharedTally
{
    private static TaskCompletionSource _done = new();
    private static long _left;

    /// <summary>Begins a round.</summary>
    /// <returns>A task that completes once so many messages were handled.</returns>
    public static Task Expect(int messages)
    {
        _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _left, messages);
        return _done.Task;
    }

    public static void Count(int messages = 1)
    {
        if (Interlocked.Add(ref _left, -messages) == 0)
            _done.SetResult();
    }
}
