using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests.Documentation;

/// <summary>The C# of the README, so that it compiles: <see cref="ReadmeTests"/> looks for every paragraph of it here.</summary>
internal static class ReadmeSnippets
{
    public static async Task TenLinesAsync(string[] args)
    {
        var builder = Host.CreateApplicationBuilder(args);
        builder.Services.AddSidecar<AuditSidecar, AuditEvent>();
        builder.Services.AddHostedService<Shop>();
        await builder.Build().RunAsync();
    }

    public static void ThreeWays(HostApplicationBuilder builder)
    {
        // A class with messages: constructor injection, one instance per incarnation.
        builder.Services.AddSidecar<AuditSidecar, AuditEvent>();

        // A delegate with messages; the same message type twice means that both get every message.
        builder.Services.AddSidecar<AuditEvent>("mirror", async (message, context, ct) =>
            await Console.Out.WriteLineAsync($"{context.Name}: {message.What}".AsMemory(), ct));

        // A class without messages: it just runs, for as long as the application does.
        builder.Services.AddSidecar<Heartbeat>(options => options.Critical = false);
    }

    public static void Existing(HostApplicationBuilder builder)
    {
        // Somebody else's IHostedService, BackgroundService or IHostedLifecycleService, as it is: supervised, before and after the application.
        builder.Services.AddHostedSidecar<LegacyWorker>();
    }

    public static void Source(HostApplicationBuilder builder)
    {
        // The other way round: a sidecar that feeds the application, which injects ChannelReader<Reading>.
        builder.Services.AddSidecarSource<Thermometer, Reading>(options => options.Capacity = 100);
    }

    public static void Together(HostApplicationBuilder builder)
    {
        // Starts after, and drains before, the sidecar that it depends on, whatever the order of registration.
        builder.Services.AddSidecar<Heartbeat>().DependsOn("AuditSidecar");

        // Restarted together when one of them fails, and failed together when that happens too often.
        builder.Services.AddSidecarGroup("sensors", SidecarGroupStrategy.OneForAll, options => options.MaxRestarts = 3);
        builder.Services.AddSidecarSource<Thermometer, Reading>().InGroup("sensors");
        builder.Services.AddHostedSidecar<LegacyWorker>().InGroup("sensors");
    }

    public static void Publishing(SidecarWriter<AuditEvent> writer)
    {
        var result = writer.Publish(new AuditEvent("order 17"));
        if (!result.IsAccepted)
        {
            Console.Error.WriteLine($"audit: {result}"); // Rejected(Full), Rejected(Stopped), Dropped(Full), ...
        }
    }

    public static void Dropping(HostApplicationBuilder builder)
    {
        builder.Services
            .AddSidecar<AuditSidecar, AuditEvent>(options =>
            {
                options.Capacity = 10_000;
                options.FullMode = BoundedChannelFullMode.DropOldest;
            })
            .OnDropped(dropped => Console.Error.WriteLine($"{dropped.SidecarName} dropped {dropped.Message.What}"));
    }

    public static void Account(IHost host)
    {
        var control = host.Services.GetRequiredService<ISidecarControl>();
        foreach (var sidecar in control.GetSnapshots())
        {
            Console.WriteLine($"{sidecar.Name}: {sidecar.State}, {sidecar.Handled} of {sidecar.Accepted} handled, {sidecar.Queued} waiting");
        }

        foreach (var letter in control.GetDeadLetters("AuditSidecar"))
        {
            Console.WriteLine($"{letter.Time:u} {letter.Reason}: {letter.Exception?.Message}");
        }
    }

    public static void Health(HostApplicationBuilder builder)
    {
        builder.Services.AddHealthChecks().AddSidecarHealthChecks();
    }

    public static async Task WatchingAsync(ISidecarControl control, CancellationToken ct)
    {
        await foreach (var step in control.WatchAsync(ct))
        {
            Console.WriteLine($"{step.Time:T} {step.SidecarName}: {step.Previous} -> {step.State} {step.Error?.Message}");
        }
    }

    internal sealed record AuditEvent(string What);

    internal sealed class AuditSidecar(ILogger<AuditSidecar> logger) : ISidecar<AuditEvent>      // runs beside
    {
        public async ValueTask HandleAsync(AuditEvent message, SidecarContext context, CancellationToken ct)
        {
            await File.AppendAllTextAsync("audit.log", message.What + "\n", ct);
            logger.LogInformation("{Event} is on disk", message.What);
        }
    }

    internal sealed class Shop(ChannelWriter<AuditEvent> audit) : BackgroundService              // no type of ours
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken) =>
            await audit.WriteAsync(new AuditEvent("the shop is open"), stoppingToken);
    }

    internal sealed class Heartbeat : ISidecar, ISidecarStartup
    {
        // Optional, on any sidecar: the application starts only once this has completed.
        public ValueTask StartAsync(SidecarContext context, CancellationToken ct) => ValueTask.CompletedTask;

        public async Task RunAsync(SidecarContext context, CancellationToken ct)
        {
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), context.TimeProvider);
            while (await timer.WaitForNextTickAsync(ct))
            {
                context.Logger.LogInformation("alive, incarnation {Incarnation}", context.Incarnation);
            }
        }
    }

    internal sealed class LegacyWorker : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.CompletedTask;
    }

    internal sealed record Reading(double Celsius);

    internal sealed class Thermometer : ISidecarSource<Reading>
    {
        public async Task RunAsync(ChannelWriter<Reading> output, SidecarContext context, CancellationToken ct)
        {
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), context.TimeProvider);
            while (await timer.WaitForNextTickAsync(ct))
            {
                await output.WriteAsync(new Reading(21.5), ct); // Waits while the application lags behind.
            }
        }
    }
}
