using System.Globalization;
using System.Net;
using System.Numerics;

namespace SidecarPatterns.Tests;

/// <summary>
/// Says what may be called by the text of the specification, and shares no thought with the code: it reads addresses as text, and counts with large numbers.
/// </summary>
internal static class EgressOracle
{
    /// <summary>As the specification has it, but for "multicast", which it leaves to be looked up.</summary>
    public const string Never =
        "0/8, 169.254/16, 168.63.129.16, 100.100.100.200, 192.0.0.192, 224/4, 240/4, ::, fe80::/10, fec0::/10, fd00:ec2::254, ff00::/8";

    /// <summary>As the specification has it.</summary>
    public const string NotPublic =
        "10/8, 100.64/10, 127/8, 172.16/12, 192.168/16, 192.0.0/24, 192.0.2/24, 192.88.99/24, 198.18/15, 198.51.100/24, 203.0.113/24, "
        + "::1, fc00::/7, 64:ff9b:1::/48, 100::/64, 2001::/23, 2001:db8::/32, 3fff::/20, 5f00::/16";

    private static readonly Range[] NeverRanges = [.. Never.Split(", ").Select(Range.Of)];
    private static readonly Range[] PublicRanges = [.. NeverRanges, .. NotPublic.Split(", ").Select(Range.Of)];

    /// <summary>The first and the last address of each range of both lists.</summary>
    public static IEnumerable<(IPAddress First, IPAddress Last)> Ranges => PublicRanges.Select(static range => range.Edges);

    public static bool Forbids(EgressProfile profile, IPAddress address) => Forbids(profile, address, [], []);

    /// <summary>Whether an address may not be called.</summary>
    /// <param name="profile">Which lists there are.</param>
    /// <param name="address">The address.</param>
    /// <param name="allowed">What may be called although a list has it.</param>
    /// <param name="denied">What has the last word.</param>
    public static bool Forbids(EgressProfile profile, IPAddress address, Range[] allowed, Range[] denied)
    {
        var listed = profile == EgressProfile.Public ? PublicRanges : NeverRanges;
        var (number, isIPv4) = Number(address.ToString());
        BigInteger[] inside = isIPv4 ? [] : [.. Inside(number)];
        if (IsIn(denied, number, isIPv4) || inside.Any(inner => IsIn(denied, inner, isIPv4: true)))
        {
            return true;
        }

        // Who allows an address allows it with all that stands in it; who allows what stands in it does not yet allow the address.
        return !IsIn(allowed, number, isIPv4)
            && (IsIn(listed, number, isIPv4) || inside.Any(inner => IsIn(listed, inner, isIPv4: true) && !IsIn(allowed, inner, isIPv4: true)));
    }

    public static IPAddress Address(BigInteger number, bool isIPv4)
    {
        var bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        var whole = new byte[isIPv4 ? 4 : 16];
        bytes.CopyTo(whole, whole.Length - bytes.Length);
        return new IPAddress(whole);
    }

    /// <summary>An address as a number.</summary>
    public static (BigInteger Number, bool IsIPv4) Number(string text)
    {
        if (!text.Contains(':', StringComparison.Ordinal))
        {
            return (text.Split('.').Aggregate(BigInteger.Zero, static (sum, part) => (sum * 256) + int.Parse(part, CultureInfo.InvariantCulture)), true);
        }

        var number = Groups(text.Split('%')[0]).Aggregate(BigInteger.Zero, static (sum, group) => (sum * 65536) + group);
        var mapped = BigInteger.Parse("281470681743360", CultureInfo.InvariantCulture); // ::ffff:0:0
        return number >= mapped && number < mapped + BigInteger.Pow(2, 32) ? (number - mapped, true) : (number, false);
    }

    private static int[] Groups(string text)
    {
        var last = text[(text.LastIndexOf(':') + 1)..];
        if (last.Contains('.', StringComparison.Ordinal))
        {
            var number = (int)(uint)Number(last).Number;
            text = string.Create(CultureInfo.InvariantCulture, $"{text[..^last.Length]}{(number >> 16) & 0xffff:x}:{number & 0xffff:x}");
        }

        var halves = text.Split("::");
        int[][] groups =
            [.. halves.Select(static half => half.Length == 0 ? [] : half.Split(':').Select(static group => Convert.ToInt32(group, 16)).ToArray())];
        return groups.Length == 1 ? groups[0] : [.. groups[0], .. Enumerable.Repeat(0, 8 - groups[0].Length - groups[1].Length), .. groups[1]];
    }

    private static IEnumerable<BigInteger> Inside(BigInteger number)
    {
        var hex = number.ToString("x33", CultureInfo.InvariantCulture)[^32..];
        var last = hex[24..];
        if (hex.StartsWith(new string('0', 24), StringComparison.Ordinal) && number > 1)
        {
            yield return Parse(last);
        }

        if (hex.StartsWith("0064ff9b0000000000000000", StringComparison.Ordinal))
        {
            yield return Parse(last);
        }

        if (hex.StartsWith("2002", StringComparison.Ordinal))
        {
            yield return Parse(hex[4..12]);
        }

        if (hex.StartsWith("20010000", StringComparison.Ordinal))
        {
            yield return Parse(hex[8..16]);
            yield return (BigInteger.Pow(2, 32) - 1) - Parse(last);
        }

        if (hex[16..24] is "00005efe" or "02005efe")
        {
            yield return Parse(last);
        }
    }

    private static BigInteger Parse(string hex) => BigInteger.Parse("0" + hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static bool IsIn(Range[] ranges, BigInteger number, bool isIPv4) =>
        ranges.Any(range => range.IsIPv4 == isIPv4 && number >= range.First && number <= range.Last);

    /// <summary>All addresses from one to another.</summary>
    internal sealed record Range(BigInteger First, BigInteger Last, bool IsIPv4)
    {
        /// <summary>The first of them, and the last.</summary>
        public (IPAddress First, IPAddress Last) Edges => (Address(First, IsIPv4), Address(Last, IsIPv4));

        /// <summary>Reads a range as the specification and the options have them.</summary>
        public static Range Of(string text)
        {
            var parts = text.Split('/');
            var isShort = !parts[0].Contains(':', StringComparison.Ordinal);
            while (isShort && parts[0].Count(static sign => sign == '.') < 3)
            {
                parts[0] += ".0"; // The specification leaves out what is zero.
            }

            var (first, isIPv4) = Number(parts[0]);
            var bits = isIPv4 ? 32 : 128;
            var written = parts[0].Contains(':', StringComparison.Ordinal) ? 128 : 32; // Of IPv4 too, where it stands in the notation of IPv6.
            var prefix = bits - (parts.Length > 1 ? written - int.Parse(parts[1], CultureInfo.InvariantCulture) : 0);
            return new Range(first, first + BigInteger.Pow(2, bits - prefix) - 1, isIPv4);
        }
    }
}
