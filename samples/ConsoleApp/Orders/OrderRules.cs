using ConsoleApp.Pricing;

namespace ConsoleApp.Orders;

/// <summary>What an order must fulfil to be priced.</summary>
internal static class OrderRules
{
    public const decimal MaxUnitPrice = 1_000_000;

    private const int MaxIdLength = 40;
    private const int MaxQuantity = 10_000;

    /// <exception cref="InvalidOrderException">It does not fulfil a rule: the first one that it breaks.</exception>
    public static void Check(Order order)
    {
        if (order.Id.Length is 0 or > MaxIdLength || !order.Id.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            throw new InvalidOrderException($"the id must be 1 to {MaxIdLength} letters, digits and hyphens, not {Quote(order.Id)}");

        Demand(order, !string.IsNullOrWhiteSpace(order.Customer), "the customer is missing");
        Demand(order, order.Email.Contains('@') && !order.Email.Any(char.IsControl), $"{Quote(order.Email)} is not an e-mail address");
        Demand(order, Currency.All.ContainsKey(order.Currency), $"unknown currency {Quote(order.Currency)}");
        Demand(order, order.Items is { Count: > 0 }, "it has no items");
        foreach (OrderItem item in order.Items ?? [])
            Check(order, item);
    }

    private static void Check(Order order, OrderItem? item)
    {
        Demand(order, item is not null, "null is not an item");
        Demand(order, Product.All.ContainsKey(item!.Sku), $"unknown product {Quote(item.Sku)}");
        Demand(order, item.Quantity > 0, $"the quantity of {item.Sku} must be more than zero, not {item.Quantity}");
        Demand(order, item.Quantity <= MaxQuantity, $"the quantity of {item.Sku} is at most {MaxQuantity}, not {item.Quantity}");
        Demand(order, item.UnitPrice is not < 0, $"the price of {item.Sku} must not be negative, as {item.UnitPrice} is");
        Demand(order, item.UnitPrice is not > MaxUnitPrice, $"the price of {item.Sku} is at most {MaxUnitPrice}, not {item.UnitPrice}");
    }

    private static void Demand(Order order, bool fulfilled, string problem)
    {
        if (!fulfilled)
            throw new InvalidOrderException($"order {order.Id}: {problem}");
    }

    // What strangers send goes to a terminal: short, and without control characters.
    private static string Quote(string text)
    {
        string start = text.Length > MaxIdLength ? $"{text.AsSpan(0, MaxIdLength)}..." : text;
        return $"'{string.Concat(start.Select(c => char.IsControl(c) ? '?' : c))}'";
    }
}
