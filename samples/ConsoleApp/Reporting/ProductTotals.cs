using ConsoleApp.Pricing;

namespace ConsoleApp.Reporting;

/// <summary>What was ordered of one product.</summary>
internal sealed record ProductTotal(Product Product, long Items, long Units, decimal Euro);

/// <summary>What was ordered of each product. Thread-safe: one sidecar writes, the display and the report read.</summary>
internal sealed class ProductTotals
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ProductTotal> _totals = [];

    public void Add(IReadOnlyList<PricedOrder> orders)
    {
        lock (_lock)
        {
            foreach (PricedItem item in orders.SelectMany(order => order.Items))
            {
                ProductTotal total = _totals.GetValueOrDefault(item.Sku) ?? new ProductTotal(Product.All[item.Sku], 0, 0, 0);
                _totals[item.Sku] = total with
                {
                    Items = total.Items + 1,
                    Units = total.Units + item.Quantity,
                    Euro = total.Euro + item.TotalEuro,
                };
            }
        }
    }

    /// <summary>The totals at this moment, by product.</summary>
    public IReadOnlyList<ProductTotal> ToList()
    {
        lock (_lock)
            return [.. _totals.Values.OrderBy(total => total.Product.Name, StringComparer.Ordinal)];
    }
}
