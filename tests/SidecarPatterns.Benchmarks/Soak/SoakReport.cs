using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>Prints what a soak has shown.</summary>
internal static class SoakReport
{
    public static void Write(TextWriter output, SoakResult result)
    {
        double seconds = result.Time.TotalSeconds;
        long messages = result.Messages.Sum(static account => account.Accepted);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{seconds / 60:0.0} minutes: {messages:#,0} messages ({messages / seconds:#,0} a second, the agents' own included), {result.Calls.Calls:#,0} calls "
                + $"({result.Calls.Calls / seconds:#,0} a second) to three servers of which one answer in a hundred is bad, {result.Calls.Attempts:#,0} requests; "
                + $"{result.Tallies.Replies:#,0} replies, {result.Tallies.Restarts:#,0} restarts, {result.Tallies.Reloads:#,0} changes of the configuration."));
        output.WriteLine();
        WriteGrowth(output, result);
        WriteAccounts(output, result);
        WriteCalls(output, result.Calls);
        foreach (string law in result.Broken)
            output.WriteLine($"- BROKEN: {law}");

        int laws = (result.Messages.Count * MessageLaw.Count) + CallLaw.Count;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{laws - result.Broken.Count} of {laws} laws hold; {(result.IsGood ? "nothing has grown" : "NOT GOOD")}."));
    }

    private static void WriteGrowth(TextWriter output, SoakResult result)
    {
        output.WriteLine("| what | median, first quarter | last quarter | floor, first quarter | last quarter | growth of the floor | allowed | highest | slope an hour | |");
        output.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |");
        foreach (SoakGrowth growth in result.Growths)
        {
            Func<double, string> format = growth.Measure.Format;
            output.WriteLine(
                $"| {growth.Measure.Name} | {format(growth.FirstMedian)} | {format(growth.LastMedian)} | {format(growth.FirstFloor)} | {format(growth.LastFloor)} | {format(growth.Growth)} "
                    + $"| {format(growth.Allowed)} | {format(growth.Max)} | {format(growth.SlopePerHour)} | {(growth.IsWithin ? "holds" : "GROWS")} |");
        }

        output.WriteLine();
        output.WriteLine(FormattableString.Invariant($"{result.Samples.Count} samples after the warm-up, each after a collection of the whole heap; none of those is counted."));
        output.WriteLine("The floor is what a tenth of the samples stays below: where the machine is busy, calls and connections pile up and raise the median; what is never given back raises the floor.");
        output.WriteLine();
    }

    private static void WriteAccounts(TextWriter output, SoakResult result)
    {
        output.WriteLine("| sidecar | accepted | handled | dead-lettered | evicted | abandoned | refused | late |");
        output.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (MessageAccount account in result.Messages)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {account.Name} | {account.Accepted} | {account.Handled} | {account.DeadLettered} | {account.Evicted} | {account.Abandoned} | {account.Rejected + account.Dropped} | {account.Late} |"));
        }

        output.WriteLine();
    }

    private static void WriteCalls(TextWriter output, CallAccount calls)
    {
        output.WriteLine("| ambassador | calls | succeeded | failed | cancelled | refused | requests | retries |");
        output.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {calls.Name} | {calls.Calls} | {calls.Succeeded} | {calls.Failed} | {calls.Cancelled} | {calls.Refused} | {calls.Attempts} | {calls.Retries} |"));
        output.WriteLine();
    }
}
