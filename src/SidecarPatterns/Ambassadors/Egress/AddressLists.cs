namespace SidecarPatterns;

/// <summary>The addresses that profiles refuse (IANA's special-purpose registries, and the metadata services of clouds).</summary>
internal static class AddressLists
{
    /// <summary>What no profile but <see cref="EgressProfile.Any"/> calls.</summary>
    public static IReadOnlyList<AddressRange> Never { get; } = Read(
        "is never called",
        "0.0.0.0/8", // This network.
        "169.254.0.0/16", // The link, and the metadata services of most clouds.
        "168.63.129.16", // Azure's.
        "100.100.100.200", // Alibaba's.
        "192.0.0.192", // Oracle's.
        "224.0.0.0/4", // Multicast.
        "240.0.0.0/4", // Reserved, and broadcast.
        "::",
        "fe80::/10", // The link.
        "fec0::/10", // The site, as it was once.
        "fd00:ec2::254", // Amazon's.
        "ff00::/8"); // Multicast.

    /// <summary>What is not public beside those.</summary>
    public static IReadOnlyList<AddressRange> NotPublic { get; } = Read(
        "is not public",
        "10.0.0.0/8", // Private.
        "100.64.0.0/10", // Shared by customers of a carrier.
        "127.0.0.0/8", // This host.
        "172.16.0.0/12", // Private.
        "192.168.0.0/16", // Private.
        "192.0.0.0/24", // Protocols of the IETF.
        "192.0.2.0/24", // Documentation.
        "192.88.99.0/24", // 6to4's relays, as they were once.
        "198.18.0.0/15", // Benchmarks.
        "198.51.100.0/24", // Documentation.
        "203.0.113.0/24", // Documentation.
        "::1", // This host.
        "fc00::/7", // Private.
        "64:ff9b:1::/48", // NAT64 of local use.
        "100::/64", // Discarded.
        "2001::/23", // Protocols of the IETF, Teredo among them.
        "2001:db8::/32", // Documentation.
        "3fff::/20", // Documentation.
        "5f00::/16"); // Segment routing.

    private static IReadOnlyList<AddressRange> Read(string why, params string[] ranges) =>
        [.. ranges.Select(text => AddressRange.TryParse(text, why, out var range) ? range : throw new FormatException(text))];
}
