namespace SidecarPatterns.Tests;

/// <summary>How large the messages of the contract suites are: a byte, so that places and bytes end together, but for those of the stress tests.</summary>
internal static class Sizes
{
    public static long Of<T>(T message) => message is Item item ? item.Number % 5 : 1;
}
