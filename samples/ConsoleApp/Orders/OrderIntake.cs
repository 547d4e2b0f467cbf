using System.Threading.Channels;
using ConsoleApp.Pricing;
using ConsoleApp.Reporting;
using Microsoft.Extensions.Hosting;

namespace ConsoleApp.Orders;

/// <summary>The application itself: reads orders, checks and prices them, and passes them on. It knows nothing of sidecars.</summary>
internal sealed class OrderIntake(
    OrderInput input, ChannelWriter<PricedOrder> orders, OrderTally tally, Terminal terminal, IHostApplicationLifetime lifetime)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (string line in input.ReadLinesAsync(stoppingToken))
            {
                if (!string.IsNullOrWhiteSpace(line))
                    await ProcessAsync(line, stoppingToken);
                tally.Lines++;
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

    private async ValueTask ProcessAsync(string line, CancellationToken ct)
    {
        try
        {
            Order order = OrderParser.Parse(line);
            OrderRules.Check(order);
            await orders.WriteAsync(OrderPricer.Price(order), ct); // waits while a sidecar has its queue full
            tally.Priced++;
        }
        catch (InvalidOrderException e)
        {
            tally.Refused++;
            terminal.Complain($"line {tally.Lines + 1}: {e.Message}");
        }
    }
}
