using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;

namespace SidecarPatterns;

/// <summary>The keys and values of one version. Immutable; it finds the children of a section without looking at all keys.</summary>
internal sealed class KeyTable(Dictionary<string, string?> values)
{
    public static readonly KeyTable Empty = new(new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase));

    private KeyTree? _tree; // Made when the first section is asked for its children: of many versions nobody is.

    public int Count => values.Count;

    public IReadOnlyDictionary<string, string?> Values => values;

    /// <summary>For looking up keys that are no strings yet.</summary>
    public Dictionary<string, string?>.AlternateLookup<ReadOnlySpan<char>> BySpan => values.GetAlternateLookup<ReadOnlySpan<char>>();

    public bool TryGet(string key, out string? value) => values.TryGetValue(key, out value);

    /// <summary>The parts that follow a path, and those that other sources have there, in the order of all providers.</summary>
    public List<string> GetChildKeys(IEnumerable<string> earlierKeys, string? path)
    {
        List<string> keys = [.. Tree.ChildrenOf(path), .. earlierKeys];
        keys.Sort(ConfigurationKeyComparer.Instance.Compare);
        return keys;
    }

    /// <summary>The same with another value of one key.</summary>
    public KeyTable With(string key, string? value) => new(new Dictionary<string, string?>(values, values.Comparer) { [key] = value });

    /// <summary>The SHA-256 of keys and values, in the order of the keys.</summary>
    /// <param name="isLeftOut">Whose values do not count.</param>
    public string ComputeHash(Predicate<string>? isLeftOut = null)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var key in values.Keys.Order(StringComparer.Ordinal))
        {
            Append(hash, key);
            Append(hash, isLeftOut?.Invoke(key) == true ? null : values[key]);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // With its length in front: two texts never come to the same as two others.
    private static void Append(IncrementalHash hash, string? text)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, text?.Length ?? -1);
        hash.AppendData(length);
        hash.AppendData(Encoding.UTF8.GetBytes(text ?? ""));
    }

    private KeyTree Tree
    {
        get
        {
            // Two that come at the same time make it twice, and it is the same.
            var tree = Volatile.Read(ref _tree);
            if (tree is null)
            {
                tree = KeyTree.Of(values.Keys);
                Volatile.Write(ref _tree, tree);
            }

            return tree;
        }
    }
}
