using Microsoft.Extensions.Hosting;
using SidecarPatterns;

namespace ConsoleApp.Sidecars;

/// <summary>Once the last order is read: has the mail server repaired, and publishes the notifier's dead letters anew.</summary>
/// <remarks>The sidecars stop after the application has, so there is time for it.</remarks>
internal sealed class Replay(MailServer server, ISidecarControl sidecars) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await sidecars.FlushAsync("notifier", cancellationToken);
        server.Repair();
        sidecars.ReplayDeadLetters("notifier");
    }
}
