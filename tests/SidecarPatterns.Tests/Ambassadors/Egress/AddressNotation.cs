using System.Globalization;
using System.Net;

namespace SidecarPatterns.Tests;

/// <summary>The notations in which an address can stand in a URL and still be that address.</summary>
internal static class AddressNotation
{
    /// <summary>All that there are of an address.</summary>
    public static IReadOnlyList<string> Of(IPAddress address) => address.GetAddressBytes() is { Length: 4 } bytes ? OfIPv4(bytes) : OfIPv6(address.GetAddressBytes());

    private static string[] OfIPv4(byte[] bytes)
    {
        var number = ((uint)bytes[0] << 24) | ((uint)bytes[1] << 16) | ((uint)bytes[2] << 8) | bytes[3];
        var dotted = string.Join('.', bytes);
        return
        [
            dotted,
            string.Create(CultureInfo.InvariantCulture, $"{number}"),
            string.Create(CultureInfo.InvariantCulture, $"0x{number:x}"),
            string.Create(CultureInfo.InvariantCulture, $"0X{number:X8}"),
            "0" + Octal(number),
            string.Join('.', bytes.Select(static part => $"0x{part:x}")),
            string.Join('.', bytes.Select(static part => $"0x{part:X6}")),
            string.Join('.', bytes.Select(static part => "0" + Octal(part))),
            string.Join('.', bytes.Select(static part => "000" + Octal(part))),
            string.Create(CultureInfo.InvariantCulture, $"{bytes[0]}.{number & 0xffffff}"),
            string.Create(CultureInfo.InvariantCulture, $"0x{bytes[0]:x}.{number & 0xffffff}"),
            string.Create(CultureInfo.InvariantCulture, $"{bytes[0]}.0x{bytes[1]:x}.{number & 0xffff}"),
            string.Create(CultureInfo.InvariantCulture, $"0{Octal(bytes[0])}.{bytes[1]}.0x{number & 0xffff:x}"),
            string.Concat(dotted.Select(static sign => sign == '.' ? sign : (char)(sign - '0' + '０'))), // Wide digits.
            dotted.Replace('.', '。'), // The full stops that IDNA takes for dots.
            dotted.Replace('.', '．'),
            dotted.Replace('.', '｡'),
            string.Concat(dotted.Select(static sign => sign switch { '.' => '.', '0' => '⓪', _ => (char)(sign - '1' + '①') })), // Digits in circles.
            string.Concat(dotted.Select(static sign => sign == '.' ? "." : char.ConvertFromUtf32(sign - '0' + 0x1d7d8))), // Double-struck digits.
        ];
    }

    private static string[] OfIPv6(byte[] bytes)
    {
        var groups = bytes.Chunk(2).Select(static pair => (pair[0] << 8) | pair[1]).ToArray();
        var shortest = new IPAddress(bytes).ToString();
        return
        [
            $"[{shortest}]",
            $"[{shortest.ToUpperInvariant()}]",
            $"[{string.Join(':', groups.Select(static group => group.ToString("x4", CultureInfo.InvariantCulture)))}]",
            $"[{string.Join(':', groups.Select(static group => group.ToString("X", CultureInfo.InvariantCulture)))}]",
            $"[{string.Join(':', groups.Take(6).Select(static group => group.ToString("x", CultureInfo.InvariantCulture)))}:{string.Join('.', bytes[12..])}]",
        ];
    }

    private static string Octal(uint number) => Convert.ToString(number, 8);

    private static string Octal(byte number) => Convert.ToString(number, 8);
}
