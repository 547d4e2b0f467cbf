using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Benchmarks;

/// <summary>Ours: a host with many sidecars.</summary>
internal sealed class ManySidecars : ManyContender
{
    private readonly IHost _host;

    public ManySidecars(int count)
    {
        string[] names = [.. Enumerable.Range(0, count).Select(static i => string.Create(CultureInfo.InvariantCulture, $"worker-{i}"))];
        _host = StartedHost.With(services =>
        {
            foreach (string name in names)
                services.AddSidecar<long>(name, CountAsync);
        });
        Writers = [.. names.Select(name => _host.Services.GetRequiredKeyedService<ChannelWriter<long>>(name))];
    }

    protected override IReadOnlyList<ChannelWriter<long>> Writers { get; }

    public override void Dispose() => StartedHost.Stop(_host);

    private static ValueTask CountAsync(long message, SidecarContext context, CancellationToken ct)
    {
        SharedTally.Count();
        return default;
    }
}
