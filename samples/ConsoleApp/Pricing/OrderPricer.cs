using ConsoleApp.Orders;

namespace ConsoleApp.Pricing;

/// <summary>Prices orders that fulfil the rules.</summary>
internal static class OrderPricer
{
    public static PricedOrder Price(Order order)
    {
        Currency currency = Currency.All[order.Currency];
        PricedItem[] items = [.. (order.Items ?? []).Select(item => Price(item, currency))];
        return new PricedOrder(
            order.Id, order.Customer, order.Email, order.PlacedAt, order.Currency, items, items.Sum(item => item.Total));
    }

    private static PricedItem Price(OrderItem item, Currency currency)
    {
        // A price that was agreed on stands as it is; the list price comes down with the quantity.
        decimal unitPrice = currency.Round(item.UnitPrice ?? Product.All[item.Sku].EuroPrice * currency.PerEuro);
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
