namespace SidecarPatterns.Benchmarks;

/// <summary>What has been handled in this round, by whichever side is running.</summary>
/// <remarks>
/// Static, so that both sides reach it in the same way. A round is begun while both are idle; from then on the one reader
/// alone writes, and what it wrote is read once it has completed the round's task.
/// </remarks>
internal static class Tally
{
    private static TaskCompletionSource _done = new();
    private static long _expected;

    /// <summary>What the messages' values add up to, so that reading them is not left out.</summary>
    public static long Sum { get; private set; }

    /// <summary>How many messages were handled since the round began.</summary>
    public static long Handled { get; private set; }

    /// <summary>Begins a round.</summary>
    /// <returns>A task that completes once so many messages were handled, or <see cref="Finish"/> was called.</returns>
    public static Task Expect(long messages)
    {
        _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _expected = messages;
        Handled = 0;
        return _done.Task;
    }

    public static void Add(long value)
    {
        Sum += value;
        if (++Handled == _expected)
            Finish();
    }

    public static void Finish() => _done.SetResult();
}
