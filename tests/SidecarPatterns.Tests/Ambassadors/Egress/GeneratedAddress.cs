using System.Net;
using System.Numerics;

namespace SidecarPatterns.Tests;

/// <summary>Draws addresses: anywhere, at the edges of ranges, and inside other addresses.</summary>
internal static class GeneratedAddress
{
    private static readonly IPAddress[] Edges = [.. EgressOracle.Ranges.SelectMany(static range => (IPAddress[])[range.First, range.Last])];

    /// <summary>An address; about every second one may be called, or chains would be short.</summary>
    /// <param name="random">The choice.</param>
    /// <param name="others">Edges beside those of the lists.</param>
    public static IPAddress Any(Random random, IReadOnlyList<IPAddress> others)
    {
        switch (random.Next(8))
        {
            case 0:
                var ipv4 = new byte[4];
                random.NextBytes(ipv4);
                return new IPAddress(ipv4);
            case 1:
                var ipv6 = new byte[16];
                random.NextBytes(ipv6);
                ipv6[0] = (byte)(0x20 | (ipv6[0] & 0x1f));
                return new IPAddress(ipv6);
            case 2 or 3:
                return NearEdge(random, others);
            case 4:
                return Embedded(random, NearEdge(random, others));
            default:
                return new IPAddress([(byte)(20 + random.Next(30)), (byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(256)]);
        }
    }

    private static IPAddress NearEdge(Random random, IReadOnlyList<IPAddress> others) =>
        Near(random, others.Count > 0 && random.Next(2) == 0 ? others[random.Next(others.Count)] : Edges[random.Next(Edges.Length)]);

    private static IPAddress Near(Random random, IPAddress edge)
    {
        var isIPv4 = edge.GetAddressBytes().Length == 4;
        var number = new BigInteger(edge.GetAddressBytes(), isUnsigned: true, isBigEndian: true) + random.Next(-2, 3);
        return EgressOracle.Address(BigInteger.Max(0, BigInteger.Min(number, BigInteger.Pow(2, isIPv4 ? 32 : 128) - 1)), isIPv4);
    }

    private static IPAddress Embedded(Random random, IPAddress address)
    {
        if (address.GetAddressBytes() is not { Length: 4 } bytes)
        {
            return address;
        }

        var inverted = bytes.Select(static part => (byte)~part).ToArray();
        byte[] other = [8, 8, 4, 4];
        return new IPAddress(random.Next(7) switch
        {
            0 => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, .. bytes],
            1 => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. bytes],
            2 => [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, .. bytes],
            3 => [0x20, 0x02, .. bytes, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
            4 => [0x20, 0x01, 0, 0, .. bytes, 0, 0, 0, 0, .. other],
            5 => [0x20, 0x01, 0, 0, .. other, 0, 0, 0, 0, .. inverted],
            _ => (byte[])[0x26, 0x06, 0, 0, 0, 0, 0, 0, (byte)(2 * random.Next(2)), 0, 0x5e, 0xfe, .. bytes],
        });
    }
}
