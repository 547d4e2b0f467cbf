using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.AotTest;

/// <summary>The log agent.</summary>
internal static partial class Scenarios
{
    private static async Task LoggingAsync()
    {
        var folder = Directory.CreateTempSubdirectory("aot-log-").FullName;
        var shipped = new ShippedLines();
        try
        {
            await HostAsync(
                services =>
                {
                    services.AddSingleton(shipped);
                    services.AddLogging(logging => logging.AddSidecar(options =>
                    {
                        options.File.Folder = folder;
                        options.File.Name = "aot";
                        options.IncludeScopes = true;
                    }).AddSink<ShippingSink>());
                },
                async host =>
                {
                    var logger = host.GetRequiredService<ILoggerFactory>().CreateLogger("Aot");
                    using (logger.BeginScope("scope {Number}", 5))
                    {
                        OrderPlaced(logger, 1, "ann", new InvalidOperationException("no stock"));
                    }

                    await host.GetRequiredService<SidecarLog>().FlushAsync();
                },
                AgentNames.Log,
                new Dictionary<string, string?> { ["Logging:Sidecar:File:MaxFiles"] = "3", ["Sidecars:log-agent:Capacity"] = "1000" });
            var text = await File.ReadAllTextAsync(Directory.GetFiles(folder, "*.jsonl").Single());
            Check(text.Contains("\"message\":\"Order 1 of ann\"", StringComparison.Ordinal), text);
            Check(text.Contains("\"properties\":{\"Id\":1,\"Customer\":\"ann\"}", StringComparison.Ordinal), text);
            Check(text.Contains("\"scopes\":[{\"Number\":5,\"text\":\"scope 5\"}]", StringComparison.Ordinal), text);
            Check(shipped.Lines.Contains("Order 1 of ann"), "the sink was given the line");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task LoggingToStandardErrorAsync()
    {
        var snapshot = await HostAsync(
            static services => services.AddLogging(static logging => logging.AddSidecar().AddStandardError(StandardErrorFormat.Json)),
            static host =>
            {
                OrderPlaced(host.GetRequiredService<ILoggerFactory>().CreateLogger("Aot"), 2, "bob", new InvalidOperationException("no stock"));
                return Task.CompletedTask;
            },
            AgentNames.Log + "-stderr",
            new Dictionary<string, string?> { ["Logging:Sidecar:File:Enabled"] = "false", ["Logging:Sidecar:LogLevel:Default"] = "Error" });
        Check(snapshot is { Accepted: 1, Handled: 1 }, $"{snapshot.Accepted} accepted, {snapshot.Handled} handled");
    }

    [LoggerMessage(1, LogLevel.Error, "Order {Id} of {Customer}")]
    private static partial void OrderPlaced(ILogger logger, int id, string customer, Exception exception);

    private sealed class ShippedLines
    {
        public List<string> Lines { get; } = [];
    }

    private sealed class ShippingSink(ShippedLines shipped) : IBatchSidecar<LogEntry>
    {
        public ValueTask HandleAsync(IReadOnlyList<LogEntry> batch, SidecarContext context, CancellationToken ct)
        {
            shipped.Lines.AddRange(batch.Select(static entry => entry.Message));
            return default;
        }
    }
}
