using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Benchmarks;

/// <summary>Asks the sidecar that answers, for each reading that the source brings.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class SoakAsker(SidecarClient<int, int> client, ChannelReader<int> readings, SoakTallies tallies) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (int reading in readings.ReadAllAsync(CancellationToken.None))
        {
            tallies.CountReading();
            if (stoppingToken.IsCancellationRequested)
                return;

            if (await client.AskAsync(reading, stoppingToken) == -reading)
                tallies.CountReply();
        }
    }
}
