using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Benchmarks;

/// <summary>Publishes to one sidecar at a steady pace.</summary>
internal sealed class SoakProducer(SidecarWriter<SoakMessage> writer, MessageTally tally, int perSecond) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var pace = new SteadyPace(perSecond);
        int number = 0;
        while (!stoppingToken.IsCancellationRequested)
        {
            for (int due = await pace.NextAsync(stoppingToken); due > 0; due--)
                tally.CountPublish(writer.Publish(new SoakMessage(number++)).IsAccepted);
        }
    }
}
