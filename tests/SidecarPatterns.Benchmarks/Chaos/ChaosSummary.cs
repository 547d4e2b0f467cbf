using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>What all runs have come to, added up. Thread-safe.</summary>
internal sealed class ChaosSummary
{
    private readonly Lock _lock = new();
    private readonly List<ChaosOutcome> _outcomes = [];

    /// <summary>How many laws did not hold.</summary>
    public int Broken
    {
        get
        {
            lock (_lock)
                return _outcomes.Sum(static outcome => outcome.Broken.Count);
        }
    }

    /// <summary>What is printed of one life as soon as it is over.</summary>
    public static string LineOf(ChaosOutcome outcome) => string.Create(
        CultureInfo.InvariantCulture,
        $"seed {outcome.Plan.Seed}, process {outcome.Plan.Life}: {(outcome.Plan.IsKilled ? "SIGKILL" : "SIGTERM")} after {outcome.Plan.Moment.TotalMilliseconds:0} ms, gone in {outcome.EndTime.TotalSeconds:0.0} s; "
            + $"{MessagesOf(outcome, ChaosJournal.Published)} messages, {outcome.Served.Requests} requests, {outcome.Plan.FaultPercent} % bad, {outcome.Torn} lines torn; "
            + $"{outcome.Laws - outcome.Broken.Count} of {outcome.Laws} laws hold");

    public void Add(ChaosOutcome outcome)
    {
        lock (_lock)
            _outcomes.Add(outcome);
    }

    public void Write(TextWriter output)
    {
        lock (_lock)
        {
            (string Name, long Value)[] rows =
            [
                ("runs, a seed each", _outcomes.Select(static outcome => outcome.Plan.Seed).Distinct().LongCount()),
                ("processes ended by SIGTERM", _outcomes.LongCount(static outcome => !outcome.Plan.IsKilled)),
                ("processes ended by SIGKILL, each started once more", _outcomes.LongCount(static outcome => outcome.Plan.IsKilled)),
                ("last lines torn before that", _outcomes.Sum(static outcome => (long)outcome.Torn)),
                ("messages published", Sum(ChaosJournal.Published)),
                ("of those refused", Sum(ChaosJournal.Refused)),
                ("evicted", Sum(ChaosJournal.Evicted)),
                ("handled", Sum(ChaosJournal.Handled)),
                ("dead letters, those abandoned at a stop included", _outcomes.Sum(static outcome => (long)outcome.Letters)),
                ("gone with a process that was killed", _outcomes.Sum(static outcome => (long)outcome.Lost)),
                ("calls", _outcomes.Sum(static outcome => (long)outcome.Served.Calls)),
                ("requests that the servers have read", _outcomes.Sum(static outcome => outcome.Served.Requests)),
                .. Enum.GetValues<ChaosFault>().Skip(1).Select(fault => ($"answered with {NameOf(fault)}", _outcomes.Sum(outcome => outcome.Served.CountOf(fault)))),
                ("questions asked", Sum(static exchange => exchange.Questions)),
                ("of those answered", Sum(static exchange => exchange.Right)),
                ("versions of the settings seen in force, where a quarter of those written were cut off", Sum(static exchange => exchange.Versions)),
                ("laws looked at", _outcomes.Sum(static outcome => (long)outcome.Laws)),
                ("laws that do not hold", _outcomes.Sum(static outcome => (long)outcome.Broken.Count)),
            ];
            output.WriteLine("| what | how many |");
            output.WriteLine("| --- | ---: |");
            foreach ((string name, long value) in rows)
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {value:#,0} |"));

            output.WriteLine();
            foreach (ChaosOutcome outcome in _outcomes.Where(static outcome => outcome.Broken.Count > 0))
                output.WriteLine($"- BROKEN: seed {outcome.Plan.Seed}, life {outcome.Plan.Life}: {string.Join("; ", outcome.Broken)}");
        }
    }

    private static int MessagesOf(ChaosOutcome outcome, char what) => outcome.Messages.GetValueOrDefault(what);

    private static string NameOf(ChaosFault fault) => fault switch
    {
        ChaosFault.Reset => "a reset",
        ChaosFault.Stall => "nothing",
        ChaosFault.HalfBody => "half a body",
        ChaosFault.Error => "500",
        ChaosFault.Busy => "503 and `Retry-After`",
        ChaosFault.Slow => "delay",
        ChaosFault.Redirect => "a redirect",
        _ => "what is no HTTP",
    };

    private long Sum(Func<ChaosExchange, long> what) => _outcomes.Sum(outcome => outcome.Exchange is { } exchange ? what(exchange) : 0);

    private long Sum(char what) => _outcomes.Sum(outcome => (long)MessagesOf(outcome, what));
}
