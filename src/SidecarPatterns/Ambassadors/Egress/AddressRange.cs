using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace SidecarPatterns;

/// <summary>All addresses that begin with the same bits.</summary>
/// <param name="Bits">Those bits, and zeros behind them.</param>
/// <param name="Mask">Where they are.</param>
/// <param name="Rule">Why the addresses are refused, in words.</param>
internal sealed record AddressRange(AddressBits Bits, UInt128 Mask, string Rule)
{
    public bool Contains(AddressBits address) => address.IsIPv4 == Bits.IsIPv4 && (address.Value & Mask) == Bits.Value;

    /// <summary>Reads <c>10.0.0.0/8</c>, <c>fd00::/8</c>, or a single address.</summary>
    /// <param name="text">The text.</param>
    /// <param name="why">The end of a sentence that begins with the range: which is ...</param>
    /// <param name="range">The range; <see langword="null"/> where the text is none, or has bits behind the prefix.</param>
    public static bool TryParse(string text, string why, [NotNullWhen(true)] out AddressRange? range)
    {
        range = null;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!IPAddress.TryParse(slash < 0 ? text : text[..slash], out var address) || !IsWrittenOut(text))
        {
            return false;
        }

        var bits = AddressBits.Of(address);
        var length = address.GetAddressBytes().Length * 8;
        var prefix = length;
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out prefix) || prefix > length))
        {
            return false;
        }

        // An IPv4 range in IPv6 notation; one that only begins there is of neither kind.
        prefix -= bits.IsIPv4 && length == 128 ? 96 : 0;
        if (prefix < 0)
        {
            return false;
        }

        var size = bits.IsIPv4 ? 32 : 128;
        var all = bits.IsIPv4 ? uint.MaxValue : UInt128.MaxValue;
        var mask = prefix == 0 ? UInt128.Zero : all << (size - prefix) & all;
        if ((bits.Value & mask) != bits.Value)
        {
            return false;
        }

        range = new AddressRange(bits, mask, $"its address is in {text}, which {why}");
        return true;
    }

    // "10" would be 0.0.0.10, and "010.0.0.1" something else than it looks.
    private static bool IsWrittenOut(string text)
    {
        var address = text.AsSpan();
        address = address.IndexOf('/') is var slash and >= 0 ? address[..slash] : address;
        if (address.Contains(':'))
        {
            return !address.Contains('%') && !address.Contains('[');
        }

        var parts = 0;
        foreach (var part in address.Split('.'))
        {
            parts++;
            if (address[part] is not { Length: > 0 and <= 3 } digits || (digits.Length > 1 && digits[0] == '0') || digits.ContainsAnyExceptInRange('0', '9'))
            {
                return false;
            }
        }

        return parts == 4;
    }
}
