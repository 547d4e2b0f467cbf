namespace SidecarPatterns.Benchmarks;

/// <summary>
/// What has to hold of the messages of one sidecar, whatever has ended the process: as its publisher and its handler wrote it down, and as the file of its dead
/// letters has it.
/// </summary>
internal sealed class JournalLaw(ChaosSidecar sidecar, IReadOnlyList<JournalEntry> journal, ChaosLetters letters, ChaosPlan plan, ServedCalls calls)
{
    /// <summary>How many laws are looked at.</summary>
    public const int Count = 8;

    private readonly JournalEntry[] _own = [.. journal.Where(entry => entry.Sidecar == sidecar.Name)];

    /// <summary>Messages that were published, and of which nobody knows what has become.</summary>
    public IReadOnlyList<int> Lost => [.. NumbersOf(ChaosJournal.Published).Except(NumbersOf(ChaosJournal.Refused)).Except(Settled)];

    private HashSet<int> Settled => [.. NumbersOf(ChaosJournal.Handled), .. letters.All, .. NumbersOf(ChaosJournal.Evicted)];

    /// <summary>Tells each law that does not hold.</summary>
    public IEnumerable<string> FindBroken()
    {
        JournalEntry[] handled = [.. _own.Where(static entry => entry.What == ChaosJournal.Handled)];
        HashSet<int> late = NumbersOf(ChaosJournal.Late);
        JournalEntry[] inTime = [.. handled.Where(entry => !late.Contains(entry.Number))];
        HashSet<int> evicted = NumbersOf(ChaosJournal.Evicted);
        HashSet<int> settled = Settled;
        int times = sidecar.IsTimed ? ChaosSidecar.MaxAttempts : 1;
        IReadOnlyList<int> lost = Lost;
        (string Law, IEnumerable<int> Breaks)[] laws =
        [
            ("what was handled or is a dead letter was published", settled.Except(NumbersOf(ChaosJournal.Published))),
            ("nobody handles what was refused", NumbersOf(ChaosJournal.Refused).Intersect(settled)),
            ("a message is handled once, unless its handler was told to end", inTime.CountBy(static entry => entry.Number).Where(count => count.Value > times).Select(static count => count.Key)),
            ("what was evicted is not handled, and no dead letter", evicted.Intersect(handled.Select(static entry => entry.Number).Concat(letters.All))),
            ("a message is one dead letter, and then it was not handled, unless its handler went on after it had been abandoned",
                letters.All.CountBy(static number => number).Where(static count => count.Value > 1).Select(static count => count.Key)
                    .Concat(sidecar.IsTimed ? [] : letters.GivenUp.Intersect(inTime.Select(static entry => entry.Number)))),
            ("a call that succeeded was answered", handled.Where(entry => entry.Call != "-" && !calls.IsAnswered(entry.Call)).Select(static entry => entry.Number)),
            ("order is kept", sidecar.Keys == 0 ? [] : OutOfOrder(handled)),
            (plan.IsKilled ? $"a crash takes {sidecar.MaxLost} messages at most" : "a stop loses none", lost.Count <= (plan.IsKilled ? sidecar.MaxLost : 0) ? [] : lost),
        ];
        return laws.Where(static law => law.Breaks.Any()).Select(law => $"journal of '{sidecar.Name}': {law.Law}; but {string.Join(", ", law.Breaks.Take(10))}");
    }

    private HashSet<int> NumbersOf(char what) => [.. _own.Where(entry => entry.What == what).Select(static entry => entry.Number)];

    private IEnumerable<int> OutOfOrder(IEnumerable<JournalEntry> handled)
    {
        int[] last = new int[sidecar.Keys];
        foreach (JournalEntry entry in handled)
        {
            ref int before = ref last[entry.Number % sidecar.Keys];
            if (entry.Number < before)
                return [before, entry.Number];

            before = entry.Number;
        }

        return [];
    }
}
