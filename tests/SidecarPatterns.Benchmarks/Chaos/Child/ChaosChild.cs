using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Benchmarks;

/// <summary>What a child process does: it runs the application until a signal ends it, and tells its accounts if it still can.</summary>
internal static class ChaosChild
{
    /// <summary>What this program is started with to be a child.</summary>
    public const string Verb = "--chaos-child";

    /// <summary>Begins the line that has the report.</summary>
    public const string ReportLine = "report ";

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(20);

    /// <param name="arguments">The seed, the life, the folder, and the addresses of the servers.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var plan = ChaosPlan.Of(int.Parse(arguments[0], CultureInfo.InvariantCulture), int.Parse(arguments[1], CultureInfo.InvariantCulture));
        var folder = new ChaosFolder(arguments[2]);
        using var journal = new ChaosJournal(folder.JournalOf(plan.Life));
        var tallies = new ChaosTallies();
        using IHost host = ChaosHost.Build(plan, folder, arguments[3..], journal, tallies);
        try
        {
            await host.StartAsync();
            await host.WaitForShutdownAsync();
        }
        catch (OperationCanceledException)
        {
            await host.StopAsync(); // The signal came while the host still started.
        }

        var ambassadors = host.Services.GetRequiredService<IAmbassadorControl>();
        CallAccount calls = await CallAccount.TakeQuietAsync(() => ambassadors.GetSnapshot(ChaosCaller.Client), tallies.Calls, Quiet);
        MessageAccount[] messages =
        [
            .. host.Services.GetRequiredService<ISidecarControl>().GetSnapshots().Select(sidecar => MessageAccount.Of(sidecar, tallies.Find(sidecar.Name))),
        ];
        Console.WriteLine(ReportLine + JsonSerializer.Serialize(new ChaosReport(messages, calls, tallies.Logged, tallies.Exchange.Read()), ChaosJson.Default.ChaosReport));
        return Environment.ExitCode;
    }
}
