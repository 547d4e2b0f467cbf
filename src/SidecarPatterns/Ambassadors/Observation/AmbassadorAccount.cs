namespace SidecarPatterns;

/// <summary>What became of an ambassador's calls and attempts.</summary>
/// <remarks>
/// <para>
/// Thread-safe. Every reading balances, also under load: <c>calls = succeeded + failed + cancelled + refused + in flight</c>, none of them negative, and no
/// attempt has ended that was not made. Each count only grows.
/// </para>
/// <para>
/// A call that one good attempt answered at once, which nearly all are, is counted twice in all: when it begins, and when it ends
/// (<see cref="EndPlainCall"/>). Its attempt, that attempt's success and its own are worked out from that. Any other call counts them one by one.
/// </para>
/// </remarks>
internal sealed class AmbassadorAccount
{
    private static readonly AttemptCause[] Causes = Enum.GetValues<AttemptCause>();
    private static readonly AttemptClass[] Classes = Enum.GetValues<AttemptClass>();
    private static readonly RetrySkip[] Skips = Enum.GetValues<RetrySkip>();
    private static readonly EgressReason[] EgressReasons = Enum.GetValues<EgressReason>();

    private readonly StripedCounter _begun = new();
    private readonly StripedCounter _plain = new(); // Calls that ended well with one attempt, and were counted nowhere else.
    private readonly long[] _ended = new long[Enum.GetValues<CallOutcome>().Length];
    private readonly long[] _attempts = new long[Causes.Length];
    private readonly long[] _outcomes = new long[Classes.Length];
    private readonly long[] _skipped = new long[Skips.Length];
    private long _abandonedPlaces;
    private readonly long[] _egress = new long[EgressReasons.Length];

    /// <summary>How many calls have had a first attempt, up to those whose first attempt is under way.</summary>
    public long FirstAttempts => _plain.Sum() + Interlocked.Read(ref _attempts[(int)AttemptCause.First]);

    public void BeginCall() => _begun.Increment();

    /// <summary>Ends a call whose first attempt succeeded and was not counted.</summary>
    public void EndPlainCall() => _plain.Increment();

    public void EndCall(CallOutcome outcome) => Interlocked.Increment(ref _ended[(int)outcome]);

    public void CountAttempt(AttemptCause cause) => Interlocked.Increment(ref _attempts[(int)cause]);

    public void CountOutcome(AttemptClass outcome) => Interlocked.Increment(ref _outcomes[(int)outcome]);

    public void CountSkipped(RetrySkip reason) => Interlocked.Increment(ref _skipped[(int)reason]);

    /// <summary>A place was given up since nobody read the body that had it.</summary>
    public void CountAbandonedPlace() => Interlocked.Increment(ref _abandonedPlaces);

    public void CountEgress(EgressReason reason) => Interlocked.Increment(ref _egress[(int)reason]);

    public Reading Read()
    {
        // What comes last is read first, and what comes first last: no call is seen to end that is not seen to begin, and no attempt.
        var plain = _plain.Sum();
        var failed = Of(_ended, (int)CallOutcome.Failed);
        var cancelled = Of(_ended, (int)CallOutcome.Cancelled);
        var refused = Of(_ended, (int)CallOutcome.Refused);
        var succeeded = plain + Of(_ended, (int)CallOutcome.Succeeded);
        var outcomes = Classes.ToDictionary(static outcome => outcome, outcome => Of(_outcomes, (int)outcome));
        outcomes[AttemptClass.Success] += plain;
        var attempts = Causes.ToDictionary(static cause => cause, cause => Of(_attempts, (int)cause));
        attempts[AttemptCause.First] += plain;
        return new Reading(
            _begun.Sum(),
            succeeded,
            failed,
            cancelled,
            refused,
            attempts,
            outcomes,
            Skips.ToDictionary(static skip => skip.ToString().ToLowerInvariant(), skip => Of(_skipped, (int)skip)),
            EgressReasons.ToDictionary(static reason => reason.ToString().ToLowerInvariant(), reason => Of(_egress, (int)reason)),
            Interlocked.Read(ref _abandonedPlaces));
    }

    private static long Of(long[] counts, int index) => Interlocked.Read(ref counts[index]);

    /// <summary>The account at one moment.</summary>
    internal sealed record Reading(
        long Calls,
        long Succeeded,
        long Failed,
        long Cancelled,
        long Refused,
        IReadOnlyDictionary<AttemptCause, long> Attempts,
        IReadOnlyDictionary<AttemptClass, long> Outcomes,
        IReadOnlyDictionary<string, long> RetriesSkipped,
        IReadOnlyDictionary<string, long> EgressRefused,
        long AbandonedPlaces)
    {
        public long InFlight => Calls - Succeeded - Failed - Cancelled - Refused;
    }
}
