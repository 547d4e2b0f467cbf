using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests.Host;

/// <summary>The lines of the scenarios.</summary>
internal static partial class Log
{
    public const string Category = "Test";

    [LoggerMessage(1, LogLevel.Information, "line {Number}")]
    public static partial void Line(ILogger logger, int number);

    [LoggerMessage(2, LogLevel.Information, "{Text}")]
    public static partial void Text(ILogger logger, string text);
}

/// <summary>Logs without end.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class LineStream(ILoggerFactory loggers) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Run(
        () =>
        {
            var logger = loggers.CreateLogger(Log.Category);
            for (var number = 0; !stoppingToken.IsCancellationRequested; number++)
            {
                Log.Line(logger, number);
                if (number == 100_000)
                {
                    Lines.Write("many lines");
                }
            }
        },
        stoppingToken);
}

/// <summary>Logs at its start and while it stops.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class FewLines(ILoggerFactory loggers, IHostApplicationLifetime lifetime) : IHostedService
{
    private readonly ILogger _logger = loggers.CreateLogger(Log.Category);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        Log.Text(_logger, "start");
        lifetime.ApplicationStarted.Register(static () => Lines.Write("running"));
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Log.Text(_logger, "stop");
        await Task.Yield();
        Log.Text(_logger, "the end of the stop");
    }
}

/// <summary>Logs, and has the process end of an exception on a thread of its own.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class CrashingService(ILoggerFactory loggers, IHostApplicationLifetime lifetime) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStarted.Register(() => new Thread(Crash).Start());
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Crash()
    {
        var logger = loggers.CreateLogger(Log.Category);
        for (var number = 0; number < 1_000; number++)
        {
            Log.Line(logger, number);
        }

        throw new InvalidOperationException("nobody handles this");
    }
}

/// <summary>Logs more than a small disk takes, makes room when that is noticed, and ends.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class DiskFiller(ILoggerFactory loggers, SidecarLog log, IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var folder = Environment.GetEnvironmentVariable("LOG_FOLDER")!;
        var ballast = Path.Combine(folder, ".ballast");
        var logger = loggers.CreateLogger(Log.Category);
        for (var number = 0; number < 3_000; number++)
        {
            Log.Line(logger, number);
            if (number == 500)
            {
                await log.FlushAsync(stoppingToken);
            }
        }

        while (log.Error is null)
        {
            await Task.Delay(1, stoppingToken);
        }

        File.Delete(ballast);
        await log.FlushAsync(stoppingToken);
        Lines.Write("failed and recovered");
        lifetime.StopApplication();
    }
}
