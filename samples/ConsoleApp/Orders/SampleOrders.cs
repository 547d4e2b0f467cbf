using System.Text.Json;
using ConsoleApp.Pricing;

namespace ConsoleApp.Orders;

/// <summary>Makes up orders, the same ones on every run. <c>Data/orders.ndjson</c> holds the first 3,000.</summary>
internal static class SampleOrders
{
    private const int Seed = 20_260_105;
    private const int InvalidInThousand = 24;

    private static readonly DateTimeOffset FirstOrder = new(2026, 1, 5, 8, 0, 0, TimeSpan.Zero);

    private static readonly string[] Customers =
    [
        "Ada Lovelace", "Alan Turing", "Alonzo Church", "Barbara Liskov", "Donald Knuth", "Edsger Dijkstra", "Frances Allen",
        "Grace Hopper", "Haskell Curry", "John Backus", "Kathleen Booth", "Konrad Zuse", "Leslie Lamport", "Niklaus Wirth",
        "Per Brinch Hansen", "Robin Milner", "Tony Hoare", "Radia Perlman",
    ];

    private static readonly string[] Currencies = ["EUR", "EUR", "EUR", "EUR", "USD", "USD", "GBP", "CHF", "JPY"];

    private static readonly int[] Quantities = [1, 1, 1, 1, 1, 2, 2, 2, 3, 4, 5, 6, 8, 10, 12, 24, 50, 120];

    /// <summary>Writes orders, a line each.</summary>
    /// <returns>The program's exit code.</returns>
    public static int Write(int count, TextWriter output)
    {
        var random = new Random(Seed);
        Product[] products = [.. Product.All.Values.OrderBy(product => product.Sku, StringComparer.Ordinal)];
        for (int number = 0; number < count; number++)
        {
            Order order = MakeOrder(number, products, random);
            output.WriteLine(random.Next(1000) < InvalidInThousand ? Spoil(order, random) : ToJson(order));
        }

        return ExitCode.Success;
    }

    private static Order MakeOrder(int number, Product[] products, Random random)
    {
        string customer = Pick(Customers, random);
        string email = $"{customer.ToLowerInvariant().Replace(' ', '.')}@example.com";
        string currency = Pick(Currencies, random);
        OrderItem[] items = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => MakeItem(Pick(products, random), currency, random))];
        DateTimeOffset placedAt = FirstOrder.AddMinutes(7 * number).AddSeconds(random.Next(420));
        return new Order($"SO-{100_001 + number}", customer, email, currency, placedAt, items);
    }

    // One item in forty has a price that was agreed on: a fifth below the list's.
    private static OrderItem MakeItem(Product product, string currency, Random random) => new(
        product.Sku,
        Pick(Quantities, random),
        random.Next(40) == 0 ? Currency.All[currency].Round(product.EuroPrice * Currency.All[currency].PerEuro * 0.8m) : null);

    private static string Spoil(Order order, Random random)
    {
        OrderItem item = order.Items![0];
        return random.Next(11) switch
        {
            0 => ToJson(order)[..random.Next(20, 90)],
            1 => $"# {order.Id} was entered twice",
            2 => ToJson(order).Replace($"\"quantity\":{item.Quantity}", "\"quantity\":\"a few\"", StringComparison.Ordinal),
            3 => ToJson(order with { Items = [item with { Quantity = 0 }] }),
            4 => ToJson(order with { Items = [item with { Quantity = -item.Quantity }] }),
            5 => ToJson(order with { Items = [item with { UnitPrice = -1.50m }] }),
            6 => ToJson(order with { Items = [item with { Sku = "TEA-OOL-100" }] }),
            7 => ToJson(order with { Currency = "DKK" }),
            8 => ToJson(order with { Customer = " " }),
            9 => ToJson(order with { Items = [] }),
            _ => ToJson(order with { Email = "unknown" }),
        };
    }

    private static string ToJson(Order order) => JsonSerializer.Serialize(order, OrderJson.Default.Order);

    private static T Pick<T>(T[] choices, Random random) => choices[random.Next(choices.Length)];
}
