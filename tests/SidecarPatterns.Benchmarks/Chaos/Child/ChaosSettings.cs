using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Primitives;

namespace SidecarPatterns.Benchmarks;

/// <summary>Writes one version of the settings after the other, a quarter of which are cut off, and watches which of them come into force.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class ChaosSettings(ChaosPlan plan, ChaosFolder folder, IConfiguration configuration, ExchangeTally tally) : BackgroundService
{
    private const int MaxPause = 60;

    /// <summary>Looks at the version that is in force.</summary>
    public static void See(IConfiguration configuration, ExchangeTally tally) =>
        tally.See(int.TryParse(configuration[ChaosFolder.VersionKey], NumberStyles.None, CultureInfo.InvariantCulture, out int version) ? version : null);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using IDisposable watch = ChangeToken.OnChange(configuration.GetReloadToken, () => See(configuration, tally));
        var random = new Random(plan.Seed + 1);
        for (int number = 1; !stoppingToken.IsCancellationRequested; number++)
        {
            string text = folder.SettingsOf(plan.Life, number);
            bool isWhole = random.Next(4) > 0;
            folder.WriteSettings(isWhole ? text : text[..random.Next(text.Length)]);
            await Task.Delay(random.Next(MaxPause), stoppingToken);
        }
    }
}
