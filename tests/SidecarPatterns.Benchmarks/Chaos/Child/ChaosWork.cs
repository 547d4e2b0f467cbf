using System.Globalization;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Benchmarks;

/// <summary>What handlers do: they wait, call, fail as their message's fate has it, and write down that they have succeeded.</summary>
internal sealed class ChaosWork(ChaosPlan plan, ChaosJournal journal, ChaosTallies tallies, ChaosCaller caller, ILogger<ChaosWork> logger)
{
    private const int LogsOnceIn = 5;

    public async ValueTask HandleAsync(ChaosSidecar sidecar, int number, int attempt, CancellationToken ct)
    {
        int fate = FateOf(sidecar, number, attempt);
        if (fate < 20)
            await Task.Yield();
        else if (fate < 30)
            await Task.Delay(fate % 10, ct);

        string? call = null;
        if (FateOf(sidecar, number, attempt: 0) < sidecar.CallPercent)
        {
            call = string.Create(CultureInfo.InvariantCulture, $"{sidecar.Name}-{number}-{attempt}");
            await caller.CallAsync(call, fate, ct);
        }

        if (fate % 10 == 3)
            throw new IOException("chaos");

        ct.ThrowIfCancellationRequested();
        Succeed(sidecar, number, call, ct);
    }

    public async ValueTask HandleAsync(IReadOnlyList<ChaosMessage> batch, SidecarContext context, CancellationToken ct)
    {
        int fate = FateOf(ChaosSidecar.Batches, batch[0].Number, context.Attempt);
        if (fate < 30)
            await Task.Delay(fate % 10, ct);

        if (fate % 10 == 3)
            throw new IOException("chaos");

        ct.ThrowIfCancellationRequested();
        for (int i = 0; i < batch.Count; i++)
        {
            if (FateOf(ChaosSidecar.Batches, batch[i].Number, attempt: 0) < 3)
                context.MarkFailed(i, new FormatException("chaos"));
            else
                Succeed(ChaosSidecar.Batches, batch[i].Number, call: null, ct);
        }
    }

    private int FateOf(ChaosSidecar sidecar, int number, int attempt) => ChaosFate.Of(plan.Seed, sidecar.Name, number, attempt);

    private void Succeed(ChaosSidecar sidecar, int number, string? call, CancellationToken ct)
    {
        if (number % LogsOnceIn == 0)
        {
            ChaosLog.Handled(logger, number, sidecar.Name);
            tallies.CountLogged();
        }

        journal.Write(ChaosJournal.Handled, sidecar, number, call ?? "-");
        if (ct.IsCancellationRequested)
            journal.Write(ChaosJournal.Late, sidecar, number);

        tallies.Find(sidecar.Name)!.CountHandled();
    }
}
