namespace SidecarPatterns.Benchmarks;

/// <summary>What has to hold of an account of messages once nothing is under way.</summary>
internal static class MessageLaw
{
    /// <summary>How many laws are looked at, for one account.</summary>
    public const int Count = 8;

    /// <summary>Tells each law that does not hold.</summary>
    public static IEnumerable<string> FindBroken(MessageAccount account)
    {
        MessageCounts own = account.Own ?? new(account.Accepted, account.Rejected + account.Dropped, account.Handled, account.Evicted, account.Dropped, MayRepeat: false);
        (string Law, bool Holds)[] laws =
        [
            ("accepted = handled + dead-lettered + evicted + abandoned + queued + in flight",
                account.Accepted == account.Handled + account.DeadLettered + account.Evicted + account.Abandoned + account.Queued + account.InFlight),
            ("nothing is queued or in flight", account.Queued == 0 && account.InFlight == 0),
            ("no count is negative", long.Min(long.Min(account.Handled, account.DeadLettered), long.Min(account.Evicted, account.Abandoned)) >= 0),
            ("accepted is what publishers were told", account.Accepted == own.Accepted),
            ("rejected and dropped is what publishers were told", account.Rejected + account.Dropped == own.Refused),
            ("handled is how handlers ended, those too late besides", own.Handled >= account.Handled && (own.MayRepeat || own.Handled <= account.Handled + account.Late)),
            ("evicted is what the callback was told", account.Evicted == own.Evicted),
            ("dropped is what the callback was told", account.Dropped == own.Dropped),
        ];
        return laws.Where(static law => !law.Holds).Select(law => $"sidecar '{account.Name}': {law.Law}; {account}");
    }
}
