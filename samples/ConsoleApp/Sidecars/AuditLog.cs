using System.Text.Json;
using ConsoleApp.Orders;
using ConsoleApp.Pricing;
using Microsoft.Extensions.Options;
using SidecarPatterns;

namespace ConsoleApp.Sidecars;

/// <summary>Appends every priced order to a file, as a line of JSON.</summary>
/// <remarks>The file is open before the first order is read, and closed once the last one is written.</remarks>
internal sealed class AuditLog(IOptions<AuditOptions> options) : ISidecar<PricedOrder>, ISidecarStartup, IAsyncDisposable
{
    private StreamWriter? _file;

    public ValueTask StartAsync(SidecarContext context, CancellationToken ct)
    {
        var file = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.Read };
        if (!OperatingSystem.IsWindows())
            file.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite; // orders name people

        // Flushed with every line, so that what counts as handled has left the process.
        _file = new StreamWriter(options.Value.File, file) { AutoFlush = true };
        return ValueTask.CompletedTask;
    }

    public async ValueTask HandleAsync(PricedOrder message, SidecarContext context, CancellationToken ct) =>
        await _file!.WriteLineAsync(JsonSerializer.Serialize(message, OrderJson.Default.PricedOrder).AsMemory(), ct);

    public async ValueTask DisposeAsync()
    {
        if (_file is not null)
            await _file.DisposeAsync();
    }
}
