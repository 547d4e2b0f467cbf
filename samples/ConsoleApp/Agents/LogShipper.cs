using System.Net.Http.Headers;
using System.Text.Json;
using SidecarPatterns;

namespace ConsoleApp.Agents;

/// <summary>A sink of the log agent's: sends what was logged to an HTTP log store, a line of JSON for each.</summary>
/// <remarks>
/// Each batch has an address of its own, and a PUT may be done twice: so what got no answer is sent again by the ambassador, and what that gives up on by the
/// sidecar, and the store has every line once.
/// </remarks>
internal sealed class LogShipper(HttpClient store) : IBatchSidecar<LogEntry>
{
    public const string Name = "log-shipper";

    private readonly Guid _sender = Guid.NewGuid();
    private long _batches;

    public async ValueTask HandleAsync(IReadOnlyList<LogEntry> batch, SidecarContext context, CancellationToken ct)
    {
        if (context.Attempt == 1)
            _batches++;

        using var content = new ByteArrayContent(ToLines(batch));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        using HttpResponseMessage response = await store.PutAsync($"logs/{_sender:n}/{_batches}", content, ct);
        response.EnsureSuccessStatusCode(); // what this throws has the batch attempted again
    }

    private static byte[] ToLines(IReadOnlyList<LogEntry> batch)
    {
        using var lines = new MemoryStream();
        foreach (LogEntry entry in batch)
        {
            JsonSerializer.Serialize(lines, LogLine.Of(entry), LogLineJson.Default.LogLine);
            lines.WriteByte((byte)'\n');
        }

        return lines.ToArray();
    }
}
