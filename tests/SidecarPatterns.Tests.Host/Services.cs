using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Tests.Host;

/// <summary>Calls for the failure once the application has started.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class FailureTrigger(IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        lifetime.ApplicationStarted.Register(FailingSidecar.Fail);
        return Task.CompletedTask;
    }
}

/// <summary>Calls for the failure in its own start, and does not complete that.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class SlowService : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        FailingSidecar.Fail();
        return Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>Sees the sidecar fail, and ends the application by itself.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class Survivor(ISidecarControl control, IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (control.GetSnapshot("failing").State != SidecarState.Failed)
        {
            await Task.Delay(1, stoppingToken);
        }

        Lines.Write($"goes on: {!lifetime.ApplicationStopping.IsCancellationRequested}");
        lifetime.StopApplication();
    }
}

/// <summary>Publishes for as long as the application runs, and counts the answers.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class Publisher(ChannelWriter<int> writer, Tally tally) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        for (var message = 1; !stoppingToken.IsCancellationRequested; message++)
        {
            if (writer.TryWrite(message))
            {
                tally.Accepted++;
            }
            else
            {
                tally.Refused++;
                await writer.WaitToWriteAsync(CancellationToken.None);
            }
        }
    }
}

/// <summary>Publishes one message for the handler to hang in, and two to wait behind it.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class ThreeMessages(ChannelWriter<int> writer) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var message = 1; message <= 3; message++)
        {
            await writer.WriteAsync(message, stoppingToken);
        }
    }
}

/// <summary>Makes a call with each client, tells what came of it, and ends the application.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class Caller(IHttpClientFactory clients, IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var name in (string[])["configured", "public"])
        {
            try
            {
                using var client = clients.CreateClient(name);
                using var response = await client.GetAsync(new Uri("items", UriKind.Relative), stoppingToken);
                Lines.Write($"{name}: {(int)response.StatusCode}");
            }
            catch (HttpRequestException exception)
            {
                Lines.Write($"{name}: {exception.GetType().Name}");
            }
        }

        lifetime.StopApplication();
    }
}
