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

    /// <summary>The same for a response, which is let go once it comes.</summary>
    public static void ForgetResponse(this Task<HttpResponseMessage> task) => _ = task.ContinueWith(
        static ended =>
        {
            if (ended.IsCompletedSuccessfully)
            {
                ended.Result.Dispose();
            }
            else
            {
                _ = ended.Exception;
            }
        },
        CancellationToken.None,
        TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);
}
