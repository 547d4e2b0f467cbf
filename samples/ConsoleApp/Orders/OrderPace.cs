using Microsoft.Extensions.Options;

namespace ConsoleApp.Orders;

/// <summary>Holds back orders that come faster than the settings of the moment say. For one reader.</summary>
internal sealed class OrderPace(IOptionsMonitor<IntakeOptions> options, TimeProvider clock)
{
    private readonly long _lag = clock.TimestampFrequency / 10; // a timer may be late: so much is caught up with
    private long _next;

    /// <summary>Waits until the next order may be taken.</summary>
    public async ValueTask WaitAsync(CancellationToken ct)
    {
        int perSecond = options.CurrentValue.OrdersPerSecond;
        if (perSecond <= 0)
            return;

        long now = clock.GetTimestamp();
        TimeSpan wait = clock.GetElapsedTime(now, _next);
        _next = Math.Max(_next, now - _lag) + (clock.TimestampFrequency / perSecond);
        if (wait > TimeSpan.Zero)
            await Task.Delay(wait, clock, ct);
    }
}
