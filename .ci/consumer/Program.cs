// A stranger's program: it knows the packed SidecarPatterns.Agents, what that brings along, and nothing else of this repository.
using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SidecarPatterns;

const int Messages = 1_000;
var handled = new ConcurrentQueue<string>();
await File.WriteAllTextAsync("settings.json", """{ "Greeting": "hello" }""");

HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
builder.Logging.ClearProviders();
builder.Services.AddSidecar<string>("collector", (message, context, cancellationToken) =>
{
    handled.Enqueue(message);
    return ValueTask.CompletedTask;
});
builder.Logging.AddSidecar();
builder.Services.AddMetricsSidecar(options => options.PrometheusFile = Path.GetFullPath("metrics.prom"));
builder.AddConfigurationSidecar(agent => agent.FromFile("settings.json"));
Require(builder.Configuration["Greeting"] == "hello", "the configuration is not there at once");

using IHost host = builder.Build();
await host.StartAsync();

ILogger logger = host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Consumer");
ChannelWriter<string> writer = host.Services.GetRequiredService<ChannelWriter<string>>();
string[] published = [.. Enumerable.Range(1, Messages).Select(number => $"message {number}")];
foreach (string message in published)
{
    await writer.WriteAsync(message);
    logger.LogInformation("published {Message}", message);
}

await host.StopAsync();

Require(handled.SequenceEqual(published), $"published {published.Length} messages, handled {handled.Count}, not the same ones in the same order");

SidecarSnapshot snapshot = host.Services.GetRequiredService<ISidecarControl>().GetSnapshot("collector");
Require(snapshot.Accepted == Messages, $"accepted {snapshot.Accepted}, expected {Messages}");
Require(snapshot.Handled == Messages, $"handled {snapshot.Handled}, expected {Messages}");

string[] logged =
[
    .. Directory.GetFiles("logs", "*.jsonl").SelectMany(File.ReadLines).Select(MessageOf).Where(text => text.StartsWith("published ", StringComparison.Ordinal)),
];
Require(logged.SequenceEqual(published.Select(message => $"published {message}")), $"the log has {logged.Length} lines of {published.Length}, or others");

string metrics = await File.ReadAllTextAsync("metrics.prom");
Require(metrics.Contains("\ndotnet_gc_collections_total{", StringComparison.Ordinal), "the metrics lack those of the runtime");

ConfigurationAgentSnapshot configuration = host.Services.GetRequiredService<IConfigurationAgent>().GetSnapshot();
Require(configuration is { Version: 1, IsCurrent: true, LastError: null }, $"the configuration agent: {configuration}");

Console.WriteLine(
    $"ok consumer: {snapshot.Accepted} accepted, {snapshot.Handled} handled; {logged.Length} lines logged, metrics written, version {configuration.Version} in force");

static string MessageOf(string line)
{
    using JsonDocument json = JsonDocument.Parse(line);
    return json.RootElement.GetProperty("message").GetString()!;
}

static void Require(bool condition, string otherwise)
{
    if (!condition)
    {
        Console.Error.WriteLine($"FAILED consumer: {otherwise}");
        Environment.Exit(1);
    }
}
