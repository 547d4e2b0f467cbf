namespace ConsoleApp.Orders;

/// <summary>An order as it came in: it could be read, but nobody has checked yet whether it makes sense.</summary>
internal sealed record Order(
    string Id = "",
    string Customer = "",
    string Email = "",
    string Currency = "EUR",
    DateTimeOffset? PlacedAt = null,
    IReadOnlyList<OrderItem>? Items = null);

/// <summary>One position of an order. Without a unit price of its own it costs what the price service says.</summary>
internal sealed record OrderItem(string Sku = "", int Quantity = 0, decimal? UnitPrice = null);
