using System.Text.Json.Serialization;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;

namespace SidecarPatterns.Tests.Documentation;

/// <summary>The C# of the README, so that it compiles: <see cref="ReadmeTests"/> looks for every paragraph of it here.</summary>
internal static partial class ReadmeSnippets
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

    public static void Dispatch(HostApplicationBuilder builder)
    {
        // Four at a time; the events of one order in their order, and those of different orders side by side.
        builder.Services.AddSidecar<AuditSidecar, AuditEvent>(options => options.Concurrency = 4)
            .PartitionBy(message => message.What);

        // In batches: when a hundred are there, when the oldest is a second old, at a flush, and at the stop.
        builder.Services.AddBatchSidecar<Shipper, Reading>(options => options.BatchSize = 100);
    }

    public static void Failures(HostApplicationBuilder builder)
    {
        builder.Services
            .AddSidecar<AuditSidecar, AuditEvent>(options =>
            {
                options.MaxAttempts = 5;                       // full jitter, from RetryDelay up to MaxRetryDelay
                options.MaxAge = TimeSpan.FromMinutes(10);     // an older one is not worth an attempt
            })
            .ShouldHandle((message, exception) => exception is not FormatException)
            .DeadLettersTo("dead-letters.ndjson", AuditContext.Default.AuditEvent);
    }

    public static void PollyPipeline(HostApplicationBuilder builder)
    {
        builder.Services.AddResiliencePipeline("mail", static pipeline => pipeline
            .AddRetry(new RetryStrategyOptions { MaxRetryAttempts = 4, BackoffType = DelayBackoffType.Exponential, UseJitter = true })
            .AddTimeout(TimeSpan.FromSeconds(10)));
        builder.Services.AddSidecar<AuditSidecar, AuditEvent>(options => options.Pipeline = "mail");
    }

    public static async Task<(int Replayed, int Forgotten)> ControlAsync(ISidecarControl control, CancellationToken ct)
    {
        var replayed = control.ReplayDeadLetters("AuditSidecar", letter => letter.Exception is TimeoutException);
        var forgotten = control.DiscardDeadLetters("AuditSidecar");

        control.Pause("AuditSidecar");                 // begins nothing new; what is published waits
        control.Resume("AuditSidecar");
        await control.FlushAsync("AuditSidecar", ct);  // until all that was accepted before is settled
        await control.RestartAsync("AuditSidecar", ct); // a fresh instance; one that has failed or ended opens again
        await control.DrainAsync("AuditSidecar", ct);  // ends it before the host does

        return (replayed, forgotten);
    }

    public static void Requests(HostApplicationBuilder builder)
    {
        // Questions and answers: the application injects SidecarClient<PriceOf, decimal>.
        builder.Services.AddSidecar<PriceSidecar, PriceOf, decimal>(options => options.Concurrency = 4);
    }

    public static async Task<decimal> AskingAsync(SidecarClient<PriceOf, decimal> prices, CancellationToken ct)
    {
        var price = await prices.AskAsync(new PriceOf("tea"), ct); // Waits for room, for its turn and for the reply: ReplyTimeout in all.
        if (prices.TryAsk(new PriceOf("milk"), out var reply, ct)) // Only if there is room now.
        {
            price += await reply;
        }

        return price;
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

    public static void Bytes(HostApplicationBuilder builder)
    {
        // Bounded in bytes too: what waits is at most 64 MB in all.
        builder.Services
            .AddSidecar<AuditSidecar, AuditEvent>(options => options.CapacityInBytes = 64_000_000)
            .SizeOf(message => sizeof(char) * message.What.Length);
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

    public static void Governor(HostApplicationBuilder builder)
    {
        builder.Services.AddSidecarGovernor(options => options.MaxCpu = 0.8);
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

    internal sealed class Shipper : IBatchSidecar<Reading>
    {
        public ValueTask HandleAsync(IReadOnlyList<Reading> batch, SidecarContext context, CancellationToken ct)
        {
            for (var i = 0; i < batch.Count; i++)
            {
                if (double.IsNaN(batch[i].Celsius))
                {
                    context.MarkFailed(i, new FormatException("not a number")); // This one alone becomes a dead letter.
                }
            }

            return ValueTask.CompletedTask; // What this throws fails the rest of the batch, which then is attempted again or given up on.
        }
    }

    internal sealed class LegacyWorker : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.CompletedTask;
    }

    internal sealed record Reading(double Celsius);

    [JsonSerializable(typeof(AuditEvent))]
    internal sealed partial class AuditContext : JsonSerializerContext;

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

    internal sealed record PriceOf(string Article);

    internal sealed class PriceSidecar : ISidecar<PriceOf, decimal>
    {
        public async ValueTask<decimal> HandleAsync(PriceOf request, SidecarContext context, CancellationToken ct)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), context.TimeProvider, ct); // Cancelled with its caller.
            return request.Article.Length;
        }
    }
}
