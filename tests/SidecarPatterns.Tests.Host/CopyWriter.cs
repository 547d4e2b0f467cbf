using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Tests.Host;

/// <summary>Has an agent of its own copy one version after the other, all of whose keys have its number, until the process is killed.</summary>
internal sealed class CopyWriter : BackgroundService
{
    private const int Keys = 5_000;
    private const int Many = 20;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var file = Environment.GetEnvironmentVariable("CONFIGURATION_FILE")!;
        await WriteAsync(file, 1, stoppingToken);
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.AddConfigurationSidecar(options =>
        {
            options.FromFile(file).CopyFile = file + ".copy";
            options.SettleTime = TimeSpan.Zero;
        });
        using var host = builder.Build();
        await host.StartAsync(stoppingToken);
        var agent = host.Services.GetRequiredService<IConfigurationAgent>();
        for (var number = 2; !stoppingToken.IsCancellationRequested; number++)
        {
            await WriteAsync(file, number, stoppingToken);
            await agent.RefreshAsync(stoppingToken);
            if (number == Many)
            {
                Lines.Write("many copies");
            }
        }
    }

    private static async Task WriteAsync(string file, int number, CancellationToken ct)
    {
        var text = new StringBuilder("{");
        for (var i = 0; i < Keys; i++)
        {
            text.Append(i == 0 ? "" : ",").Append('"').Append("Key").Append(i).Append("\":").Append(number);
        }

        await File.WriteAllTextAsync(file + ".new", text.Append('}').ToString(), ct);
        File.Move(file + ".new", file, overwrite: true);
    }
}
