using System.Globalization;
using System.Net;
using System.Numerics;

namespace SidecarPatterns.Tests;

/// <summary>Makes URLs that lead somewhere, and knows where without reading them: what they are made of is chosen first, and the notation afterwards.</summary>
/// <param name="random">The choice.</param>
/// <param name="profile">The profile of the options.</param>
/// <param name="allowsAnyHost">Whether the options name no host; those that they name are <c>*.allowed.test</c> and <c>http://base.test</c>.</param>
/// <param name="network">Where names are told of.</param>
internal sealed class GeneratedWorld(Random random, EgressProfile profile, bool allowsAnyHost, ScriptedNetwork network)
{
    public const string BaseAddress = "http://base.test";
    public const string AllowedHosts = "*.allowed.test";

    private static readonly IPAddress[] Edges = [.. EgressOracle.Ranges.SelectMany(static range => (IPAddress[])[range.First, range.Last])];
    private static readonly string[] Paths = ["/", "", "/a", "?q", "/@x", "/http://127.0.0.1/", "/?u=http://user@127.0.0.1/", "/..//", "/%2e%2e/%40", "/x#@127.0.0.1"];
    private static readonly string[] UserInfos = ["user@", "user:word@", "127.0.0.1@", "allowed.test@", "a.allowed.test:80@", "%40@", ":@"];

    private int _names;

    /// <summary>A URL, whether it may be called, and who is dialled then.</summary>
    public (string Url, bool IsAllowed, IPAddress Dialled) Next()
    {
        var (host, isNamed, addresses) = random.Next(allowsAnyHost ? 2 : 8) == 0 ? Literal() : Name();
        var userInfo = random.Next(12) == 0 ? Pick(UserInfos) : "";
        var port = random.Next(6) == 0 ? Pick([":80", ":8080", ":443", ":1"]) : "";
        var isAllowed = userInfo.Length == 0
            && (allowsAnyHost || (isNamed && port is "" or ":80"))
            && !Array.Exists(addresses, address => EgressOracle.Forbids(profile, address));
        return ($"http://{userInfo}{host}{port}{Pick(Paths)}", isAllowed, addresses[0]);
    }

    private (string Host, bool IsNamed, IPAddress[] Addresses) Literal()
    {
        var address = Address();
        var notations = AddressNotation.Of(address);
        return (notations[random.Next(notations.Count)], false, [address]);
    }

    private (string Host, bool IsNamed, IPAddress[] Addresses) Name()
    {
        var addresses = Enumerable.Range(0, random.Next(4) == 0 ? 2 + random.Next(2) : 1).Select(_ => Address()).ToArray();
        var label = string.Create(CultureInfo.InvariantCulture, $"n{++_names}");
        var (name, written) = random.Next(allowsAnyHost ? 5 : 15) switch
        {
            0 => ($"{label}.test", $"{label}.test"),
            1 => ($"{label}.allowed.test", $"{label}.Allowed.TEST"),
            2 => ($"xn--{label}-bcher-kva.test", $"xn--{label}-bcher-kva.test"),
            3 => ($"{label}allowed.test", $"{label}allowed.test"),
            _ => ($"{label}.allowed.test", $"{label}。allowed.ｔest"),
        };
        var dot = random.Next(5) == 0 ? "." : "";
        network.Name(name + dot, [.. addresses.Select(static address => address.ToString())]);
        return (written + dot, name.EndsWith(".allowed.test", StringComparison.Ordinal), addresses);
    }

    private IPAddress Address()
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
                return Near(Edges[random.Next(Edges.Length)]);
            case 4:
                return Embedded(Near(Edges[random.Next(Edges.Length)]));
            default: // Many that may be called, or chains would be short.
                return new IPAddress([(byte)(20 + random.Next(30)), (byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(256)]);
        }
    }

    private IPAddress Near(IPAddress edge)
    {
        var isIPv4 = edge.GetAddressBytes().Length == 4;
        var number = new BigInteger(edge.GetAddressBytes(), isUnsigned: true, isBigEndian: true) + random.Next(-2, 3);
        return EgressOracle.Address(BigInteger.Max(0, BigInteger.Min(number, BigInteger.Pow(2, isIPv4 ? 32 : 128) - 1)), isIPv4);
    }

    private IPAddress Embedded(IPAddress address)
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

    private string Pick(string[] texts) => texts[random.Next(texts.Length)];
}
