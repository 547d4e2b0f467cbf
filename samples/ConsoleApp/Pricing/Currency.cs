using System.Collections.Frozen;

namespace ConsoleApp.Pricing;

/// <summary>What can be paid in, at a fixed rate.</summary>
/// <param name="Code">Its code in ISO 4217.</param>
/// <param name="PerEuro">How much of it is one euro.</param>
/// <param name="Decimals">To how many places its amounts are rounded.</param>
internal sealed record Currency(string Code, decimal PerEuro, int Decimals)
{
    public static FrozenDictionary<string, Currency> All { get; } = new Currency[]
    {
        new("EUR", 1m, 2),
        new("USD", 1.08m, 2),
        new("GBP", 0.85m, 2),
        new("CHF", 0.95m, 2),
        new("JPY", 162m, 0),
    }.ToFrozenDictionary(currency => currency.Code);

    public decimal Round(decimal amount) => Math.Round(amount, Decimals, MidpointRounding.AwayFromZero);

    public decimal ToEuro(decimal amount) => Math.Round(amount / PerEuro, 2, MidpointRounding.AwayFromZero);
}
