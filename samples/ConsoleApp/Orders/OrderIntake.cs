using System.Threading.Channels;
using ConsoleApp.Pricing;
using Microsoft.Extensions.Hosting;

namespace ConsoleApp.Orders;

/// <summary>The application itself: reads orders, checks and prices them, and passes them on. It knows nothing of sidecars or ambassadors.</summary>
internal sealed class OrderIntake(
    OrderInput input, OrderPricer pricer, ChannelWriter<PricedOrder> orders, OrderTally tally, IHostApplicationLifetime lifetime)
    : BackgroundService
{
    private const int Concurrency = 64;
    private const int Window = 4096;

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // A stop ends the reading; what was read before is still priced and passed on, unless that takes long.
        using var grace = new CancellationTokenSource();
        await using CancellationTokenRegistration stop = stoppingToken.Register(() => grace.CancelAfter(Grace));
        try
        {
            IAsyncEnumerable<string> lines = input.ReadLinesAsync(stoppingToken);
            await foreach (Task<PricedOrder?> pricing in lines.BeginInOrderAsync(line => PriceAsync(line, grace.Token), Concurrency, Window))
            {
                await PassOnAsync(pricing, grace.Token);
                tally.CountLine();
            }

            tally.IsComplete = true;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            tally.Failure = e.Message; // told in the report, after what was accepted is handled
        }
        finally
        {
            lifetime.StopApplication();
        }
    }

    /// <returns><see langword="null"/> for a blank line.</returns>
    private async Task<PricedOrder?> PriceAsync(string line, CancellationToken ct)
    {
        if (string.IsNullOrWhiteSpace(line))
            return null;
        Order order = OrderParser.Parse(line);
        OrderRules.Check(order);
        return await pricer.PriceAsync(order, ct);
    }

    private async Task PassOnAsync(Task<PricedOrder?> pricing, CancellationToken ct)
    {
        try
        {
            if (await pricing is not { } order)
                return;
            await orders.WriteAsync(order, ct); // waits while a sidecar has its queue full
            tally.CountPriced(order);
        }
        catch (InvalidOrderException e)
        {
            tally.CountRefused(e.Message);
        }
        catch (NoPriceException e)
        {
            tally.CountUnpriced(e.Message);
        }
    }
}
