namespace SidecarPatterns.Benchmarks;

/// <summary>What has to hold of an ambassador's account once nothing is under way.</summary>
internal static class CallLaw
{
    /// <summary>How many laws are looked at.</summary>
    public const int Count = 10;

    private const double BudgetCapacity = 20;

    /// <summary>Tells each law that does not hold.</summary>
    /// <param name="account">The account.</param>
    /// <param name="served">How many requests the servers have counted.</param>
    /// <param name="resent">How many more than it was sent they may have seen: those that the network sends again by itself.</param>
    public static IEnumerable<string> FindBroken(CallAccount account, long served, long resent)
    {
        (string Law, bool Holds)[] laws =
        [
            ("calls = succeeded + failed + cancelled + refused + in flight",
                account.Calls == account.Succeeded + account.Failed + account.Cancelled + account.Refused + account.InFlight),
            ("nothing is in flight", account.InFlight == 0),
            ("each attempt has ended once", account.Ended == account.Attempts - account.Hops),
            ("calls are those that were made", account.Calls == account.Own.Calls),
            ("succeeded is what callers saw", account.Succeeded == account.Own.Succeeded),
            ("failed is what callers saw", account.Failed == account.Own.Failed),
            ("cancelled is what callers saw", account.Cancelled == account.Own.Cancelled),
            ("refused is what callers saw", account.Refused == account.Own.Refused),
            ("attempts are what servers saw, but for those never read and those that the network sent again",
                account.Attempts >= served - resent && account.Attempts <= served + account.MaybeUnseen),
            ("the budget for retries is neither overdrawn nor overfull", account.BudgetLeft is >= 0 and <= BudgetCapacity),
        ];
        return laws.Where(static law => !law.Holds).Select(law => $"ambassador '{account.Name}': {law.Law}; servers saw {served}, {resent} of them perhaps twice; {account}");
    }
}
