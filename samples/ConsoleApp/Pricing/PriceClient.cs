using System.Text.Json;
using ConsoleApp.Orders;

namespace ConsoleApp.Pricing;

/// <summary>Asks the price service what products cost. It knows an <see cref="HttpClient"/>, and not who stands behind that.</summary>
internal sealed class PriceClient(HttpClient http)
{
    /// <summary>Asks for the prices of products, in euros.</summary>
    /// <exception cref="NoPriceException">There is no price, at least for one of them; the message says why.</exception>
    public async Task<IReadOnlyDictionary<string, decimal>> GetAsync(IReadOnlyList<string> skus, CancellationToken ct)
    {
        Dictionary<string, decimal>? prices;
        try
        {
            prices = await ReadAsync($"prices?{string.Join('&', skus.Select(sku => $"sku={Uri.EscapeDataString(sku)}"))}", ct);
        }
        catch (JsonException)
        {
            throw new NoPriceException("the price service's answer cannot be read");
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            throw new NoPriceException(Explain(e));
        }

        string? missing = skus.FirstOrDefault(sku => prices?.TryGetValue(sku, out decimal price) != true || price is < 0 or > OrderRules.MaxUnitPrice);
        return missing is null ? prices! : throw new NoPriceException($"the price service has none for {missing}");
    }

    private async Task<Dictionary<string, decimal>?> ReadAsync(string address, CancellationToken ct)
    {
        using HttpResponseMessage response = await http.GetAsync(address, ct);
        if (!response.IsSuccessStatusCode)
            throw new NoPriceException($"the price service answered {(int)response.StatusCode} ({response.StatusCode})");
        return JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(ct), OrderJson.Default.DictionaryStringDecimal);
    }

    // Some messages tell to look at the cause, and others hold that of the cause.
    private static string Explain(Exception e)
    {
        string cause = e is HttpRequestException ? e.GetBaseException().Message : e.Message;
        return e.Message.Contains(cause, StringComparison.Ordinal) ? e.Message : cause;
    }
}
