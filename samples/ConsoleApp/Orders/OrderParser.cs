using System.Text.Json;

namespace ConsoleApp.Orders;

/// <summary>Makes an order out of a line of JSON.</summary>
internal static class OrderParser
{
    /// <exception cref="InvalidOrderException">The line is not an order.</exception>
    public static Order Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, OrderJson.Default.Order)
                ?? throw new InvalidOrderException("malformed: null is not an order");
        }
        catch (JsonException e) when (e.InnerException is JsonException)
        {
            throw new InvalidOrderException($"malformed: not JSON, at byte {e.BytePositionInLine + 1}");
        }
        catch (JsonException e)
        {
            throw new InvalidOrderException($"malformed: the value of {e.Path} cannot be read");
        }
    }
}
