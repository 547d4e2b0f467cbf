namespace SidecarPatterns.Benchmarks;

/// <summary>One run: a child that is ended by a signal, and where that was SIGKILL, another one that goes on with its files.</summary>
internal sealed class ChaosRun(int seed)
{
    private const int Servers = 3;
    private const int Killed = 137;

    private static readonly TimeSpan SlackPerSidecar = TimeSpan.FromSeconds(3);

    /// <returns>The lives of the run.</returns>
    public async Task<IReadOnlyList<ChaosOutcome>> RunAsync()
    {
        string path = Directory.CreateTempSubdirectory("chaos-").FullName;
        var folder = new ChaosFolder(path);
        List<ChaosOutcome> outcomes = [await LiveAsync(ChaosPlan.Of(seed, life: 1), folder, torn: 0)];
        if (outcomes[0].Plan.IsKilled && outcomes[0].Broken.Count == 0)
        {
            int torn = outcomes[0].Plan.TearsLines ? folder.TearLines(new Random(seed)) : 0;
            outcomes.Add(await LiveAsync(ChaosPlan.Of(seed, life: 2), folder, torn));
        }

        if (outcomes.All(static outcome => outcome.Broken.Count == 0))
            Directory.Delete(path, recursive: true); // Else somebody will want to look.
        else
            Console.WriteLine($"The files of seed {seed} are in {path}");

        return outcomes;
    }

    private static async Task<ChaosOutcome> LiveAsync(ChaosPlan plan, ChaosFolder folder, int torn)
    {
        var calls = new ServedCalls(plan);
        List<ChaosServer> servers = [.. Enumerable.Range(0, Servers).Select(_ => new ChaosServer(calls))];
        using var child = new ChaosProcess(plan, folder, servers.Select(static server => server.Address));
        await child.StartingAsync();
        await Task.Delay(plan.Moment);
        (int exitCode, TimeSpan time, TimeSpan starved) = await child.EndAsync(plan.IsKilled);
        foreach (ChaosServer server in servers)
            await server.DisposeAsync();

        IReadOnlyList<JournalEntry> journal = JournalReader.Read(folder.JournalOf(plan.Life));
        List<string> broken = [.. calls.Broken];
        int letters = 0;
        int lost = 0;
        foreach (ChaosSidecar sidecar in ChaosSidecar.All)
        {
            var own = new ChaosLetters(folder, sidecar, plan.Life);
            var law = new JournalLaw(sidecar, journal, own, plan, calls);
            broken.AddRange(law.FindBroken());
            letters += own.All.Count;
            lost += law.Lost.Count;
        }

        broken.AddRange(FileLaw.FindBroken(folder, plan.IsKilled, torn));
        int laws = ServedCalls.Laws + (ChaosSidecar.All.Count * JournalLaw.Count) + (FileLaw.Count * folder.LineFiles().Count());
        if (plan.IsKilled)
        {
            if (exitCode != Killed)
                broken.Add($"it ends by SIGKILL; but with {exitCode}");
        }
        else
            laws += AddAccounts(broken, child, exitCode, time - starved, folder, plan, calls);

        var messages = journal.CountBy(static entry => entry.What).ToDictionary();
        return new(plan, calls, messages, letters, lost, child.Report?.Exchange, time, torn, laws, broken, child.Errors);
    }

    private static int AddAccounts(List<string> broken, ChaosProcess child, int exitCode, TimeSpan time, ChaosFolder folder, ChaosPlan plan, ServedCalls calls)
    {
        if (exitCode != 0)
            broken.Add($"a stop ends with exit code 0; but with {exitCode}");

        if (child.Report is not { } report)
        {
            broken.Add("a stop ends with the accounts");
            return 2;
        }

        TimeSpan limit = ChaosHost.ShutdownTimeout + (report.Messages.Count * SlackPerSidecar);
        if (time > limit)
            broken.Add($"a stop takes {limit.TotalSeconds:0} s at most, beside what the machine keeps us waiting; but {time.TotalSeconds:0.0} s");

        broken.AddRange(report.Messages.SelectMany(MessageLaw.FindBroken));
        broken.AddRange(CallLaw.FindBroken(report.Calls, calls.Requests, calls.Resent));
        broken.AddRange(LogLaw.FindBroken(folder, plan.Life, report.Logged));
        broken.AddRange(ExchangeLaw.FindBroken(report.Exchange));
        return 3 + (report.Messages.Count * MessageLaw.Count) + CallLaw.Count + LogLaw.Count + ExchangeLaw.Count;
    }
}
