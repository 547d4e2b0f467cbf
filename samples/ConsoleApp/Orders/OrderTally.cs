using System.Diagnostics.Metrics;
using ConsoleApp.Pricing;
using ConsoleApp.Reporting;
using Microsoft.Extensions.Logging;

namespace ConsoleApp.Orders;

/// <summary>What became of the input: counted for the report, measured, and logged. Written by the intake alone, and read once that has ended.</summary>
internal sealed class OrderTally(Terminal terminal, IMeterFactory meters, ILogger<OrderIntake> logger)
{
    public const string MeterName = "ConsoleApp";

    private readonly Counter<long> _orders = meters.Create(MeterName).CreateCounter<long>("shop.orders", "{order}", "Orders, by what became of them.");

    /// <summary>Lines that are done with, blank ones included.</summary>
    public long Lines { get; private set; }

    public long Priced { get; private set; }

    public long Refused { get; private set; }

    /// <summary>How many of the refused ones lacked nothing but a price.</summary>
    public long Unpriced { get; private set; }

    /// <summary>Whether the whole input was read.</summary>
    public bool IsComplete { get; set; }

    /// <summary>Why reading ended before the input did.</summary>
    /// <value><see langword="null"/> if it was not for an error.</value>
    public string? Failure { get; set; }

    public void CountLine() => Lines++;

    public void CountPriced(PricedOrder order)
    {
        Priced++;
        Measure("priced");
        OrderLog.OrderPriced(logger, order.Id, order.Items.Count, order.Total, order.Currency);
    }

    public void CountRefused(string problem)
    {
        Refused++;
        Measure("refused");
        Tell(problem);
    }

    public void CountUnpriced(string problem)
    {
        Refused++;
        Unpriced++;
        Measure("unpriced");
        Tell(problem);
    }

    private void Measure(string outcome) => _orders.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    private void Tell(string problem)
    {
        terminal.Complain($"line {Lines + 1}: {problem}");
        OrderLog.OrderRefused(logger, Lines + 1, problem);
    }
}
