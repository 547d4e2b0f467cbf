namespace SidecarPatterns.Tests;

/// <summary>Has threads of their own begin at the same moment, so that they meet, however busy the machine is.</summary>
internal static class Together
{
    public static Task RunAsync(int threads, Action<int> work)
    {
        var barrier = new Barrier(threads);
        return Task.WhenAll(Enumerable.Range(0, threads).Select(thread => Task.Factory.StartNew(
            () =>
            {
                barrier.SignalAndWait();
                work(thread);
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default))).InTime();
    }
}
