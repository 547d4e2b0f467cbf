using System.Globalization;
using Rule = SidecarPatterns.OptionRule<SidecarPatterns.AmbassadorEndpoint>;

namespace SidecarPatterns;

/// <summary>What an <see cref="AmbassadorEndpoint"/> may be, wherever it comes from.</summary>
internal static class AmbassadorEndpointRules
{
    public static Rule Address { get; } = Rule.ServerAddress(nameof(AmbassadorEndpoint.Address), static endpoint => endpoint.Address);

    public static OptionRuleTable<AmbassadorEndpoint> Table { get; } = new(
    [
        Address,
        Rule.PositiveNumber(nameof(AmbassadorEndpoint.Weight), static endpoint => endpoint.Weight, AmbassadorBalancingConstants.MaxWeight),
        Rule.WholeNumber(nameof(AmbassadorEndpoint.Priority), static endpoint => endpoint.Priority, 0, AmbassadorBalancingConstants.MaxPriority),
        Rule.Switch(nameof(AmbassadorEndpoint.PerAddress), static endpoint => endpoint.PerAddress),
    ]);

    /// <summary>An endpoint as it stands in a message: without a secret, even if it is not allowed.</summary>
    public static string Show(AmbassadorEndpoint endpoint)
    {
        var weight = endpoint.Weight == AmbassadorBalancingConstants.Weight ? "" : string.Create(CultureInfo.InvariantCulture, $", weight {endpoint.Weight}");
        var priority = endpoint.Priority == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", priority {endpoint.Priority}");
        var more = weight + priority + (endpoint.PerAddress ? ", per address" : "");
        return more.Length == 0 ? Address.Show(endpoint) : $"{Address.Show(endpoint)} ({more[2..]})";
    }
}
