using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Benchmarks;

/// <summary>One message at a time; one in ten is logged, each is measured.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class SoakSingle(SoakTallies tallies, SoakMeter meter, ILogger<SoakSingle> logger) : ISidecar<SoakMessage>
{
    public ValueTask HandleAsync(SoakMessage message, SidecarContext context, CancellationToken ct)
    {
        if (message.Number % 10 == 0)
            SoakLog.Handled(logger, message.Number, context.Name);

        meter.Orders.Add(1, new KeyValuePair<string, object?>("kind", message.Number % 8));
        tallies.Find(SoakNames.Single)!.CountHandled();
        return default;
    }
}

/// <summary>An instance and a scope for each message.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class SoakScoped(SoakTallies tallies) : ISidecar<SoakMessage>, IAsyncDisposable
{
    private bool _hasMessage;

    public async ValueTask HandleAsync(SoakMessage message, SidecarContext context, CancellationToken ct)
    {
        await Task.Yield();
        _hasMessage = true;
    }

    public ValueTask DisposeAsync()
    {
        if (_hasMessage)
            tallies.Find(SoakNames.Scoped)!.CountHandled(); // It is handled once this is over.

        return default;
    }
}

/// <summary>Messages in batches.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class SoakBatches(SoakTallies tallies) : IBatchSidecar<SoakMessage>
{
    public async ValueTask HandleAsync(IReadOnlyList<SoakMessage> batch, SidecarContext context, CancellationToken ct)
    {
        await Task.Yield();
        tallies.Find(SoakNames.Batches)!.CountHandled(batch.Count);
    }
}

/// <summary>Questions and answers.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class SoakRequests : ISidecar<int, int>
{
    public async ValueTask<int> HandleAsync(int request, SidecarContext context, CancellationToken ct)
    {
        await Task.Yield();
        return -request;
    }
}

/// <summary>Feeds the application.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class SoakSource : ISidecarSource<int>
{
    public async Task RunAsync(ChannelWriter<int> output, SidecarContext context, CancellationToken ct)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10), context.TimeProvider);
        for (int number = 0; await timer.WaitForNextTickAsync(ct); number++)
            await output.WriteAsync(number, ct);
    }
}

/// <summary>Fails again and again, and is restarted.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class SoakCrasher(SoakTallies tallies) : ISidecar
{
    public async Task RunAsync(SidecarContext context, CancellationToken ct)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(150), context.TimeProvider, ct);
        tallies.CountRestart();
        throw new IOException("soak");
    }
}
