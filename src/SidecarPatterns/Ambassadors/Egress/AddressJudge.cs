using System.Net;

namespace SidecarPatterns;

/// <summary>Says which addresses may be called. Immutable, and allocates nothing.</summary>
/// <param name="isPublic">Whether only public addresses may be.</param>
/// <param name="allowed">What may be called although a list has it.</param>
/// <param name="denied">What may not, whatever else is said.</param>
internal sealed class AddressJudge(bool isPublic, AddressRange[] allowed, AddressRange[] denied)
{
    private readonly AddressRange[] _listed = [.. AddressLists.Never, .. isPublic ? AddressLists.NotPublic : []];

    /// <summary>Finds what an address is refused for; <see langword="null"/> if it may be called.</summary>
    public AddressRange? FindRefusal(IPAddress address)
    {
        var bits = AddressBits.Of(address);
        var embedded = bits.Embedded;
        var refusal = Find(denied, bits);
        for (var i = 0; refusal is null && i < embedded.Count; i++)
        {
            refusal = Find(denied, embedded[i]);
        }

        if (refusal is not null || Find(allowed, bits) is not null)
        {
            return refusal;
        }

        refusal = Find(_listed, bits);
        for (var i = 0; refusal is null && i < embedded.Count; i++)
        {
            refusal = Find(allowed, embedded[i]) is null ? Find(_listed, embedded[i]) : null;
        }

        return refusal;
    }

    private static AddressRange? Find(AddressRange[] ranges, AddressBits address)
    {
        foreach (var range in ranges)
        {
            if (range.Contains(address))
            {
                return range;
            }
        }

        return null;
    }
}
