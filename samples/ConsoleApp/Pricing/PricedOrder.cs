namespace ConsoleApp.Pricing;

/// <summary>An order that was checked and priced: what the sidecars are told of.</summary>
internal sealed record PricedOrder(
    string Id,
    string Customer,
    string Email,
    DateTimeOffset? PlacedAt,
    string Currency,
    IReadOnlyList<PricedItem> Items,
    decimal Total);

/// <summary>One position of a priced order; amounts are in the order's currency, except the one in euros.</summary>
/// <param name="Sku">The product.</param>
/// <param name="Quantity">How many of it.</param>
/// <param name="UnitPrice">What one costs, before the discount.</param>
/// <param name="Discount">The share of the price that is not charged, from 0 to 1.</param>
/// <param name="Total">What all cost, after the discount.</param>
/// <param name="TotalEuro">The total in euros.</param>
internal sealed record PricedItem(
    string Sku, int Quantity, decimal UnitPrice, decimal Discount, decimal Total, decimal TotalEuro);
