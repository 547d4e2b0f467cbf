using System.Collections.Frozen;

namespace ConsoleApp.Pricing;

/// <summary>What can be ordered, at its list price in euros.</summary>
internal sealed record Product(string Sku, string Name, decimal EuroPrice)
{
    public static FrozenDictionary<string, Product> All { get; } = new Product[]
    {
        new("COF-ESP-1KG", "Espresso beans, 1 kg", 21.90m),
        new("COF-FIL-500", "Filter coffee, 500 g", 11.50m),
        new("COF-DEC-500", "Decaf coffee, 500 g", 12.90m),
        new("TEA-GRN-100", "Green tea, 100 g", 7.80m),
        new("TEA-EGR-100", "Earl Grey, 100 g", 6.40m),
        new("CHO-DRK-085", "Dark chocolate, 85 %", 3.20m),
        new("MUG-STD-300", "Stoneware mug, 300 ml", 9.95m),
        new("GRI-HND-001", "Hand grinder", 64.00m),
        new("POT-MOK-006", "Moka pot, six cups", 34.50m),
        new("FLT-PAP-100", "Paper filters, 100", 4.10m),
    }.ToFrozenDictionary(product => product.Sku);
}
