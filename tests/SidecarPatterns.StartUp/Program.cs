using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

// A host as small as they come, with a client and what belongs to it. It says when it has started, and how much memory it then has, and stops.
var builder = Host.CreateApplicationBuilder(args);
builder.Logging.ClearProviders(); // What they write would come between.
#if OURS
builder.Services.AddAmbassadorClient("orders");
builder.Services.AddSidecar<string>("audit", static (_, _, _) => default);
#elif STANDARD
builder.Services.AddHttpClient("orders").AddStandardResilienceHandler();
builder.Services.AddHostedService<Audit>();
#else
builder.Services.AddHttpClient("orders");
builder.Services.AddHostedService<Audit>();
#endif

using var host = builder.Build();
await host.StartAsync();
using var client = host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("orders");
Console.WriteLine($"started {Environment.WorkingSet}");
if (args is [var address])
{
    // Nobody measures this call; but a client that is never called would leave the whole of HTTP out of the executable.
    Console.WriteLine(await client.GetStringAsync(new Uri(address)));
}

await host.StopAsync();

#if !OURS
/// <summary>What a sidecar stands in for.</summary>
internal sealed class Audit : BackgroundService
{
    private readonly System.Threading.Channels.Channel<string> _channel = System.Threading.Channels.Channel.CreateBounded<string>(1_024);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var message in _channel.Reader.ReadAllAsync(stoppingToken))
        {
            GC.KeepAlive(message);
        }
    }
}
#endif
