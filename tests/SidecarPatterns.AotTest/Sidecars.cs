using System.Threading.Channels;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.AotTest;

internal readonly record struct Point(int X, int Y);

/// <summary>Where sidecars leave what they saw.</summary>
internal sealed class Store
{
    public List<string> Messages { get; } = [];
}

/// <summary>A service that every message has its own of.</summary>
internal sealed class PerMessage
{
    public Guid Id { get; } = Guid.NewGuid();
}

internal sealed class StoringSidecar(Store store) : ISidecar<string>
{
    public ValueTask HandleAsync(string message, SidecarContext context, CancellationToken ct)
    {
        store.Messages.Add(message);
        return default;
    }
}

internal sealed class ScopedStoringSidecar(Store store, PerMessage own) : ISidecar<string>
{
    public ValueTask HandleAsync(string message, SidecarContext context, CancellationToken ct)
    {
        store.Messages.Add(own.Id.ToString());
        return default;
    }
}

internal sealed class Ticker(Store store) : ISidecar, ISidecarStartup
{
    public ValueTask StartAsync(SidecarContext context, CancellationToken ct)
    {
        store.Messages.Add("prepared");
        return default;
    }

    public async Task RunAsync(SidecarContext context, CancellationToken ct)
    {
        store.Messages.Add("running");
        try
        {
            await Task.Delay(Timeout.Infinite, ct);
        }
        finally
        {
            store.Messages.Add("stopped");
        }
    }
}

internal sealed class Broken : ISidecar
{
    public async Task RunAsync(SidecarContext context, CancellationToken ct)
    {
        await Task.Yield();
        throw new InvalidOperationException("broken");
    }
}

/// <summary>Fails once, as soon as the sidecar that it is in a group with runs.</summary>
internal sealed class Fickle(Store store) : ISidecar
{
    private static int _runs;

    public async Task RunAsync(SidecarContext context, CancellationToken ct)
    {
        if (Interlocked.Increment(ref _runs) > 1)
        {
            await Task.Delay(Timeout.Infinite, ct);
        }

        while (store.Messages.Count < 2)
        {
            await Task.Yield();
        }

        throw new InvalidOperationException("fickle");
    }
}

internal sealed class Legacy(Store store) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        store.Messages.Add("executed");
        return Task.CompletedTask;
    }
}

internal sealed class Counter : ISidecarSource<Point>
{
    public async Task RunAsync(ChannelWriter<Point> output, SidecarContext context, CancellationToken ct)
    {
        for (var x = 1; x <= 100; x++)
        {
            await output.WriteAsync(new Point(x, 0), ct);
        }
    }
}

internal sealed class Divider : ISidecar<Point, int>
{
    public ValueTask<int> HandleAsync(Point request, SidecarContext context, CancellationToken ct) => new(request.X / request.Y);
}
