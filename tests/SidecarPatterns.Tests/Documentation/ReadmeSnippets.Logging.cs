using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests.Documentation;

/// <summary>The C# of the README's page on the log agent.</summary>
internal static partial class ReadmeSnippets
{
    public static void LogAgent(HostApplicationBuilder builder)
    {
        builder.Logging.AddSidecar();
    }

    public static void LogSinks(HostApplicationBuilder builder)
    {
        // To standard error too, and to a sink of your own: any batch sidecar of LogEntry, each with a queue of its own.
        var log = builder.Logging.AddSidecar(options => options.File.Compress = true).AddStandardError();

        log.AddSink<LogShipper>("log-shipper", options => options.MaxAttempts = 5);
    }

    internal sealed class LogShipper(HttpClient store) : IBatchSidecar<LogEntry>
    {
        public async ValueTask HandleAsync(IReadOnlyList<LogEntry> batch, SidecarContext context, CancellationToken ct)
        {
            var lines = string.Join('\n', batch.Select(entry => $"{entry.Timestamp:O} {entry.Level} {entry.Message}"));
            using var response = await store.PostAsync("lines", new StringContent(lines), ct);
            response.EnsureSuccessStatusCode(); // What this throws has the batch sent again.
        }
    }
}
