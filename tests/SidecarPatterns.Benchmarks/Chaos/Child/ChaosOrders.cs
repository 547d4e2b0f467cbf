using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Benchmarks;

/// <summary>Gives the sidecars orders, as an operator does who can not make up his mind.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class ChaosOrders(ChaosPlan plan, ISidecarControl control) : BackgroundService
{
    private const int MaxPause = 60;

    private static readonly string[] Names = [.. ChaosSidecar.All.Select(static sidecar => sidecar.Name), ChaosAnswers.Name];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var random = new Random(plan.Seed);
        while (!stoppingToken.IsCancellationRequested)
        {
            string name = Names[random.Next(Names.Length)];
            try
            {
                await GiveAsync(random.Next(5), name, stoppingToken);
            }
            catch (InvalidOperationException)
            {
                // It is paused, or drains: as the documentation has it.
            }

            await Task.Delay(random.Next(MaxPause), stoppingToken);
        }
    }

    private async Task GiveAsync(int order, string name, CancellationToken ct)
    {
        switch (order)
        {
            case 0:
                control.Pause(name);
                break;
            case 1:
            case 2:
                foreach (string each in Names)
                    control.Resume(each);

                break;
            case 3:
                control.Resume(name);
                await control.FlushAsync(name, ct);
                break;
            default:
                await control.RestartAsync(name, ct);
                break;
        }
    }
}
