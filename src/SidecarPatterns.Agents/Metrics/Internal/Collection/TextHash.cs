using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SidecarPatterns;

/// <summary>
/// A hash of texts, cheaper than <see cref="string.GetHashCode()"/>: 16 bytes at a time are multiplied and folded, after Wang Yi's wyhash. As that one it
/// differs from process to
/// process, and all of its numbers are drawn by lot, so that nobody can send values that collide.
/// </summary>
internal static class TextHash
{
    private static readonly ulong Seed = Draw();
    private static readonly ulong First = Draw();
    private static readonly ulong Second = Draw();

    public static ulong Of(string text)
    {
        var bytes = MemoryMarshal.AsBytes(text.AsSpan());
        var hash = Seed ^ (ulong)bytes.Length;
        while (bytes.Length > 16)
        {
            hash = Fold(BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ First, BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]) ^ hash);
            bytes = bytes[16..];
        }

        // What is left, from both ends: the pieces may overlap.
        return bytes.Length switch
        {
            >= 8 => Fold(BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ Second, BinaryPrimitives.ReadUInt64LittleEndian(bytes[^8..]) ^ hash),
            >= 4 => Fold(BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ Second, BinaryPrimitives.ReadUInt32LittleEndian(bytes[^4..]) ^ hash),
            2 => Fold(BinaryPrimitives.ReadUInt16LittleEndian(bytes) ^ Second, hash),
            _ => hash,
        };
    }

    private static ulong Draw() => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));

    private static ulong Fold(ulong left, ulong right)
    {
        var high = Math.BigMul(left, right, out var low);
        return high ^ low;
    }
}
