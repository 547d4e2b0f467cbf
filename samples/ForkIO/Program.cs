// The Haskell example, in C#:
//
//     main = do                          logService = do
//         forkIO logService                  putStrLn "Logging service is capturing logs..."
//         runMainService                     threadDelay 500000
//                                            putStrLn "Logs captured."
//
// and what `forkIO` lacks: the log service is ready before the main service starts, is fed through a typed channel,
// and ends with it, after it has handled every line; one that fails is attempted again, and it is itself restarted when it fails.
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SidecarPatterns;

HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);      // both streams belong to the two services

builder.Services.AddSidecar<LogService, string>(static options => options.MaxAttempts = 3); // forkIO logService
builder.Services.AddHostedService<MainService>();                                           // runMainService

await builder.Build().RunAsync();

internal sealed class MainService(ChannelWriter<string> log, IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Console.WriteLine("Main service is running...");
        await log.WriteAsync("work has begun", stoppingToken);
        await Task.Delay(TimeSpan.FromSeconds(1), stoppingToken);
        await log.WriteAsync("work is done", stoppingToken);
        Console.WriteLine("Main service completed work.");
        lifetime.StopApplication();
    }
}

internal sealed class LogService : ISidecar<string>, ISidecarStartup
{
    private readonly List<string> _captured = [];

    public ValueTask StartAsync(SidecarContext context, CancellationToken ct)
    {
        Console.Error.WriteLine("Logging service is capturing logs...");
        return ValueTask.CompletedTask;
    }

    public async ValueTask HandleAsync(string message, SidecarContext context, CancellationToken ct)
    {
        _captured.Add(message);
        if (_captured.Count == 1)
        {
            await Task.Delay(TimeSpan.FromSeconds(0.5), context.TimeProvider, ct);
            Console.Error.WriteLine("Logs captured.");
        }
    }
}
