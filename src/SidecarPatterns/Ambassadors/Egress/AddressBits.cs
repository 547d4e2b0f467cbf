using System.Buffers.Binary;
using System.Net;

namespace SidecarPatterns;

/// <summary>An IP address as a number.</summary>
/// <remarks>An IPv4 address that stands in IPv6 notation is the IPv4 address (RFC 4291, section 2.5.5.2): that is who is called.</remarks>
internal readonly record struct AddressBits(UInt128 Value, bool IsIPv4)
{
    private const int MaxEmbedded = 3; // One of a prefix, or the two of Teredo, and one of ISATAP.

    public static AddressBits Of(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        _ = address.TryWriteBytes(bytes, out var length);
        if (length == 4)
        {
            return OfIPv4(BinaryPrimitives.ReadUInt32BigEndian(bytes));
        }

        var value = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return value >> 32 == 0xffff ? OfIPv4((uint)value) : new AddressBits(value, IsIPv4: false);
    }

    /// <summary>The IPv4 addresses to which an IPv6 address leads by way of a gateway, which may stand anywhere.</summary>
    public EmbeddedAddresses Embedded
    {
        get
        {
            var found = default(EmbeddedAddresses);
            if (IsIPv4)
            {
                return found;
            }

            var last = (uint)Value;
            if (Value >> 32 == 0 && last > 1) // IPv4-compatible: ::a.b.c.d, but for :: and ::1.
            {
                found.Add(last);
            }
            else if (Value >> 32 == new UInt128(0x0064_ff9b_0000_0000, 0) >> 32) // NAT64, RFC 6052: 64:ff9b::/96.
            {
                found.Add(last);
            }
            else if (Value >> 112 == 0x2002) // 6to4, RFC 3056.
            {
                found.Add((uint)(Value >> 80));
            }
            else if (Value >> 96 == 0x2001_0000) // Teredo, RFC 4380: the server, and the client with all bits inverted.
            {
                found.Add((uint)(Value >> 64));
                found.Add(~last);
            }

            if (((uint)(Value >> 32) & 0xfdff_ffff) == 0x0000_5efe) // ISATAP, RFC 5214, section 6.1: ::0:5efe:a.b.c.d and ::200:5efe:a.b.c.d below any prefix.
            {
                found.Add(last);
            }

            return found;
        }
    }

    private static AddressBits OfIPv4(uint value) => new(value, IsIPv4: true);

    /// <summary>A few addresses, without an object for them.</summary>
    [System.Runtime.CompilerServices.InlineArray(MaxEmbedded)]
    private struct Places
    {
        private uint _first;
    }

    /// <summary>The IPv4 addresses in an IPv6 address.</summary>
    internal struct EmbeddedAddresses
    {
        private Places _places;

        public int Count { get; private set; }

        public readonly AddressBits this[int index] => OfIPv4(_places[index]);

        public void Add(uint address) => _places[Count++] = address;
    }
}
