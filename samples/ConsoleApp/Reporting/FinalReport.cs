using ConsoleApp.Orders;
using ConsoleApp.Pricing;
using ConsoleApp.Sidecars;
using Microsoft.Extensions.Options;
using SidecarPatterns;
using Spectre.Console;

namespace ConsoleApp.Reporting;

/// <summary>What is said when all is done: the totals, and where every order went.</summary>
internal sealed class FinalReport(
    Terminal terminal,
    OrderTally tally,
    ProductTotals totals,
    ISidecarControl sidecars,
    IAmbassadorControl ambassadors,
    IOptions<AuditOptions> audit,
    AgentReport agents)
{
    private const int ShownLetters = 3;

    /// <summary>Writes the report.</summary>
    /// <returns>Whether all is in order: the input could be read, and the account of every sidecar balances.</returns>
    public bool Write()
    {
        IReadOnlyList<SidecarSnapshot> snapshots = [.. sidecars.GetSnapshots().Where(sidecar => sidecar.Capacity > 0)]; // those with messages
        terminal.Out.Write(Tables.Of(totals.ToList()));
        terminal.Out.WriteLine(
            $"{tally.Lines} lines: {tally.Priced} orders priced, {tally.Refused} refused ({tally.Unpriced} for want of a price), {tally.Lines - tally.Priced - tally.Refused} blank.");
        terminal.Out.WriteLine($"Audit log: {audit.Value.File}");
        terminal.Out.Write(Tables.Of(snapshots));
        foreach (SidecarSnapshot snapshot in snapshots)
            WriteLosses(snapshot);
        AmbassadorSnapshot prices = ambassadors.GetSnapshot("prices");
        terminal.Out.Write(Tables.Of(prices));
        if (prices.Endpoints.Count > 0)
            terminal.Out.Write(Tables.Of(prices.Endpoints));
        if (prices.Credential is { } credential)
            terminal.Out.Write(Tables.Of(credential));
        WriteLosses(prices);
        agents.Write();
        return WriteEnd() & WriteBalance(snapshots) & WriteBalance(prices);
    }

    private void WriteLosses(SidecarSnapshot snapshot)
    {
        if (snapshot.Abandoned > 0)
            terminal.Out.WriteLine($"{snapshot.Name} had no time left for {snapshot.Abandoned} messages.");

        // What was abandoned is among the letters too, as information: it is counted apart.
        DeadLetter[] letters =
            [.. sidecars.GetDeadLetters(snapshot.Name).Where(l => l.Reason != DeadLetterReason.Abandoned).TakeLast(ShownLetters)];
        if (letters.Length > 0)
            terminal.Out.WriteLine($"Dead letters of {snapshot.Name}, the last {letters.Length} of {snapshot.DeadLettered}:");
        foreach (DeadLetter letter in letters)
            terminal.Out.WriteLine($"  {(letter.Message is PricedOrder order ? order.Id : letter.Message)}: {letter.Exception?.Message ?? $"{letter.Reason}"}");
    }

    private void WriteLosses(AmbassadorSnapshot snapshot)
    {
        string[] reasons = [.. snapshot.RetriesSkipped.Where(skip => skip.Value > 0).Select(skip => $"{skip.Key} {skip.Value}")];
        if (reasons.Length > 0)
            terminal.Out.WriteLine($"Calls to {snapshot.Name} that were not tried again, by what forbade it: {string.Join(", ", reasons)}.");
    }

    private bool WriteEnd()
    {
        if (tally.Failure is not null)
            terminal.Complain($"Reading ended after line {tally.Lines}: {tally.Failure}");
        else if (!tally.IsComplete)
            terminal.Out.WriteLine("Stopped before the end of the input.");
        return tally.Failure is null;
    }

    private bool WriteBalance(IReadOnlyList<SidecarSnapshot> snapshots)
    {
        SidecarSnapshot[] wrong = [.. snapshots.Where(snapshot => snapshot.Accepted != Accounted(snapshot))];
        foreach (SidecarSnapshot snapshot in wrong)
            terminal.Complain($"The account of {snapshot.Name} does not balance: {snapshot.Accepted} accepted, {Accounted(snapshot)} accounted for.");
        if (wrong.Length == 0)
            terminal.Out.WriteLine("The account balances: accepted = handled + dead-lettered + evicted + abandoned + queued + in flight.");
        return wrong.Length == 0;
    }

    private bool WriteBalance(AmbassadorSnapshot snapshot)
    {
        long ended = snapshot.Succeeded + snapshot.Failed + snapshot.Cancelled + snapshot.Refused;
        long sent = snapshot.Attempts.Values.Sum();
        bool balances = snapshot.Calls == ended && sent == snapshot.Outcomes.Values.Sum();
        if (balances)
            terminal.Out.WriteLine("The ambassador's balances too: calls = succeeded + failed + cancelled + refused; every attempt has its outcome.");
        else
            terminal.Complain($"The account of {snapshot.Name} does not balance: {snapshot.Calls} calls, {ended} ended; {sent} attempts, {snapshot.Outcomes.Values.Sum()} ended.");
        return balances;
    }

    private static long Accounted(SidecarSnapshot s) =>
        s.Handled + s.DeadLettered + s.Evicted + s.Abandoned + s.Queued + s.InFlight;
}
