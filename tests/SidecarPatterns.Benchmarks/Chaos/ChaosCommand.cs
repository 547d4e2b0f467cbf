using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>
/// What <c>--chaos RUNS [FOLDER]</c> and <c>--chaos-seed SEED</c> do: processes that are ended by signals at random moments, amid faults of all kinds; after
/// each the accounts balance.
/// </summary>
internal static class ChaosCommand
{
    public const string Verb = "--chaos";
    public const string SeedVerb = "--chaos-seed";

    private const int AtATime = 2;

    /// <summary>Runs the seeds from 1 on, two at a time, and no further than the first law that does not hold.</summary>
    /// <returns>The exit code: 1 if there is one.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        int runs = int.Parse(arguments[0], CultureInfo.InvariantCulture);
        var summary = new ChaosSummary();
        using var end = new CancellationTokenSource();
        try
        {
            await Parallel.ForAsync(1, runs + 1, new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = end.Token }, async (seed, _) =>
            {
                if (!await RunAsync(seed, summary))
                    await end.CancelAsync();
            });
        }
        catch (OperationCanceledException)
        {
            // A law does not hold.
        }

        Fragment.Write(
            arguments is [_, string path] ? path : null,
            "Chaos",
            string.Create(CultureInfo.InvariantCulture, $"{Verb} {runs}"),
            summary.Write);
        return summary.Broken == 0 ? 0 : 1;
    }

    /// <summary>Runs one seed.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunSeedAsync(string seed)
    {
        var summary = new ChaosSummary();
        await RunAsync(int.Parse(seed, CultureInfo.InvariantCulture), summary);
        summary.Write(Console.Out);
        return summary.Broken == 0 ? 0 : 1;
    }

    private static async Task<bool> RunAsync(int seed, ChaosSummary summary)
    {
        IReadOnlyList<ChaosOutcome> outcomes = await new ChaosRun(seed).RunAsync();
        bool isGood = true;
        foreach (ChaosOutcome outcome in outcomes)
        {
            Console.WriteLine(ChaosSummary.LineOf(outcome));
            foreach (string law in outcome.Broken)
                Console.WriteLine($"  BROKEN: {law}");

            if (outcome.Broken.Count > 0)
            {
                isGood = false;
                Console.WriteLine($"  It wrote to standard error: {outcome.Errors}");
                Console.WriteLine($"  Once more: {SeedVerb} {seed}");
            }

            summary.Add(outcome);
        }

        return isGood;
    }
}
