// A stranger's program: it knows the packed SidecarPatterns and nothing else of this repository.
using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SidecarPatterns;

const int Messages = 1_000;
var handled = new ConcurrentQueue<string>();

HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
builder.Services.AddSidecar<string>("collector", (message, context, cancellationToken) =>
{
    handled.Enqueue(message);
    return ValueTask.CompletedTask;
});

using IHost host = builder.Build();
await host.StartAsync();

ChannelWriter<string> writer = host.Services.GetRequiredService<ChannelWriter<string>>();
string[] published = [.. Enumerable.Range(1, Messages).Select(number => $"message {number}")];
foreach (string message in published)
{
    await writer.WriteAsync(message);
}

await host.StopAsync();

Require(handled.SequenceEqual(published), $"published {published.Length} messages, handled {handled.Count}, not the same ones in the same order");

SidecarSnapshot snapshot = host.Services.GetRequiredService<ISidecarControl>().GetSnapshot("collector");
Require(snapshot.Accepted == Messages, $"accepted {snapshot.Accepted}, expected {Messages}");
Require(snapshot.Handled == Messages, $"handled {snapshot.Handled}, expected {Messages}");

Console.WriteLine($"ok consumer: {snapshot.Accepted} accepted, {snapshot.Handled} handled");

static void Require(bool condition, string otherwise)
{
    if (!condition)
    {
        Console.Error.WriteLine($"FAILED consumer: {otherwise}");
        Environment.Exit(1);
    }
}
