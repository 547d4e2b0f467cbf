using ConsoleApp.Orders;

namespace ConsoleApp.Pricing;

/// <summary>Prices orders that fulfil the rules. Thread-safe.</summary>
internal sealed class OrderPricer(PriceClient prices)
{
    /// <exception cref="NoPriceException">Nobody says what it costs; the message says why.</exception>
    public async Task<PricedOrder> PriceAsync(Order order, CancellationToken ct)
    {
        Currency currency = Currency.All[order.Currency];
        IReadOnlyDictionary<string, decimal> euroPrices = await AskAsync(order, ct);
        PricedItem[] items = [.. (order.Items ?? []).Select(item => Price(item, currency, euroPrices))];
        return new PricedOrder(
            order.Id, order.Customer, order.Email, order.PlacedAt, order.Currency, items, items.Sum(item => item.Total));
    }

    private async ValueTask<IReadOnlyDictionary<string, decimal>> AskAsync(Order order, CancellationToken ct)
    {
        string[] skus = [.. (order.Items ?? []).Where(item => item.UnitPrice is null).Select(item => item.Sku).Distinct()];
        try
        {
            return skus.Length > 0 ? await prices.GetAsync(skus, ct) : new Dictionary<string, decimal>(); // all were agreed on
        }
        catch (NoPriceException e)
        {
            throw new NoPriceException($"order {order.Id}: there is no price: {e.Message}");
        }
    }

    private static PricedItem Price(OrderItem item, Currency currency, IReadOnlyDictionary<string, decimal> euroPrices)
    {
        // A price that was agreed on stands as it is; the list price comes down with the quantity.
        decimal unitPrice = currency.Round(item.UnitPrice ?? euroPrices[item.Sku] * currency.PerEuro);
        decimal discount = item.UnitPrice is null ? DiscountFor(item.Quantity) : 0;
        decimal total = currency.Round(item.Quantity * unitPrice * (1 - discount));
        return new PricedItem(item.Sku, item.Quantity, unitPrice, discount, total, currency.ToEuro(total));
    }

    private static decimal DiscountFor(int quantity) => quantity switch
    {
        >= 100 => 0.15m,
        >= 50 => 0.10m,
        >= 10 => 0.05m,
        _ => 0,
    };
}
