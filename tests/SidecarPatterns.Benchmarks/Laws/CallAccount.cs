namespace SidecarPatterns.Benchmarks;

/// <summary>An ambassador's account at a quiet moment, and what the application has counted of its calls by itself.</summary>
/// <remarks>
/// <c>Attempts</c> are all requests that were sent, <c>Hops</c> those of redirects, <c>Retries</c> those that followed a failure, <c>Ended</c> attempts by how
/// they ended, added up, and <c>MaybeUnseen</c> those that the server need not have seen: cancelled, or ended by their connection or their time.
/// </remarks>
internal sealed record CallAccount(
    string Name,
    long Calls,
    long Succeeded,
    long Failed,
    long Cancelled,
    long Refused,
    long InFlight,
    long Attempts,
    long Hops,
    long Retries,
    long Ended,
    long MaybeUnseen,
    double BudgetLeft,
    CallCounts Own)
{
    public static CallAccount Of(AmbassadorSnapshot ambassador, CallTally tally) => new(
        ambassador.Name,
        ambassador.Calls,
        ambassador.Succeeded,
        ambassador.Failed,
        ambassador.Cancelled,
        ambassador.Refused,
        ambassador.InFlight,
        ambassador.Attempts.Values.Sum(),
        ambassador.Attempts[AttemptCause.Hop],
        ambassador.Attempts[AttemptCause.Retry],
        ambassador.Outcomes.Values.Sum(),
        ambassador.Outcomes[AttemptClass.Cancelled] + ambassador.Outcomes[AttemptClass.Unknown] + ambassador.Outcomes[AttemptClass.Unsent],
        ambassador.BudgetLeft,
        tally.Read());

    /// <summary>Takes it once all is quiet: a call has ended, but an attempt of it that was overtaken may go on for a moment.</summary>
    public static async Task<CallAccount> TakeQuietAsync(Func<AmbassadorSnapshot> snapshot, CallTally tally, TimeSpan atMost)
    {
        using var time = new CancellationTokenSource(atMost);
        while (true)
        {
            CallAccount account = Of(snapshot(), tally);
            if ((account.InFlight == 0 && account.Ended == account.Attempts - account.Hops) || time.IsCancellationRequested)
                return account;

            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }
    }
}
