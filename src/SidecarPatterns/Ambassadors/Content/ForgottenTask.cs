namespace SidecarPatterns;

/// <summary>Lets go of work that nobody waits for any more.</summary>
internal static class ForgottenTask
{
    /// <summary>Looks at how the task fails, once it does, so that it does not count as a failure that nobody saw.</summary>
    public static void Forget(this Task task) => _ = task.ContinueWith(
        static task => _ = task.Exception,
        CancellationToken.None,
        TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);
}
