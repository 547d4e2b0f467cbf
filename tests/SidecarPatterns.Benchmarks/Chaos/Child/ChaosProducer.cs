using System.Threading.Channels;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Benchmarks;

/// <summary>Publishes to one sidecar, in each way that there is.</summary>
internal sealed class ChaosProducer(ChaosPlan plan, ChaosSidecar sidecar, SidecarWriter<ChaosMessage> writer, ChaosJournal journal, MessageTally tally) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var pace = new SteadyPace(sidecar.PerSecond);
        var random = new Random((plan.Seed * ChaosSidecar.All.Count) + sidecar.Name[0]);
        int number = plan.Life * ChaosMessage.NumbersOfLife;
        while (!stoppingToken.IsCancellationRequested)
        {
            for (int due = await pace.NextAsync(stoppingToken); due > 0; due--)
                await PublishAsync(number++, random.Next(3), stoppingToken);
        }
    }

    private async Task PublishAsync(int number, int how, CancellationToken ct)
    {
        var message = new ChaosMessage(number);
        journal.Write(ChaosJournal.Published, sidecar, number);
        bool isAccepted = how switch
        {
            0 => writer.TryWrite(message),
            1 => writer.Publish(message).IsAccepted,
            _ => await WriteAsync(message, ct),
        };
        tally.CountPublish(isAccepted);
        if (!isAccepted)
            journal.Write(ChaosJournal.Refused, sidecar, number);
    }

    private async Task<bool> WriteAsync(ChaosMessage message, CancellationToken ct)
    {
        try
        {
            await writer.WriteAsync(message, ct);
            return true;
        }
        catch (ChannelClosedException)
        {
            return false;
        }
        catch (OperationCanceledException)
        {
            journal.Write(ChaosJournal.Refused, sidecar, message.Number); // Nobody has it, and it was not refused either: it is in no account.
            throw;
        }
    }
}
