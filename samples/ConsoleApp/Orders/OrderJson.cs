using System.Text.Json.Serialization;
using ConsoleApp.Pricing;

namespace ConsoleApp.Orders;

/// <summary>How orders and prices are read and written, generated at compile time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(Order))]
[JsonSerializable(typeof(PricedOrder))]
[JsonSerializable(typeof(Dictionary<string, decimal>))]
internal sealed partial class OrderJson : JsonSerializerContext;
