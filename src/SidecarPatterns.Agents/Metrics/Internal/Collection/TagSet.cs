using System.Runtime.CompilerServices;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace SidecarPatterns;

/// <summary>Sets of tags: compared, hashed and shown without regard to their order.</summary>
internal static class TagSet
{
    /// <summary>The same for all orders of the same tags.</summary>
    public static uint Hash(ReadOnlySpan<Tag> tags)
    {
        var hash = 0UL;
        foreach (ref readonly var tag in tags)
        {
            // The values tell series apart; keys are few and the developer's own, so a look at their ends will do.
            var key = tag.Key is { Length: > 0 } text ? ((uint)text.Length << 16) ^ ((uint)text[^1] << 8) ^ text[text.Length >> 1] : 0;
            var value = tag.Value is string words ? TextHash.Of(words) : (ulong)(uint)(tag.Value?.GetHashCode() ?? 0);
            var mixed = (((ulong)key << 32) ^ value) * 0x9E3779B97F4A7C15;
            hash += (mixed ^ (mixed >> 29)) * 0xBF58476D1CE4E5B9;
        }

        return (uint)(hash >> 32);
    }

    /// <summary>Whether tags are those of a known set, whose keys all differ.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreSame(Tag[] known, ReadOnlySpan<Tag> tags)
    {
        if (known.Length != tags.Length)
        {
            return false;
        }

        for (var i = 0; i < known.Length; i++)
        {
            if (!IsSame(known[i], tags[i]))
            {
                return AreSameInAnyOrder(known, tags, i);
            }
        }

        return true;
    }

    /// <summary>Whether tags can be a known set as they are: no key twice, and nothing that may change, or that compares by reference.</summary>
    public static bool IsPlain(ReadOnlySpan<Tag> tags)
    {
        for (var i = 0; i < tags.Length; i++)
        {
            if (tags[i].Value is not (null or string or ValueType) || HasKey(tags[(i + 1)..], tags[i].Key))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The same tags so that they can be a known set: of tags with one key the last, and of objects the text.</summary>
    public static Tag[] ToPlain(ReadOnlySpan<Tag> tags)
    {
        var plain = new List<Tag>(tags.Length);
        for (var i = 0; i < tags.Length; i++)
        {
            if (!HasKey(tags[(i + 1)..], tags[i].Key))
            {
                plain.Add(tags[i].Value is null or string or ValueType ? tags[i] : new Tag(tags[i].Key, TagText.Of(tags[i].Value)));
            }
        }

        return [.. plain];
    }

    /// <summary>The tags that mean something, in the order of their keys.</summary>
    public static Tag[] ToShow(ReadOnlySpan<Tag> tags)
    {
        Tag[] shown = [.. ToPlain(tags).Where(static tag => !string.IsNullOrEmpty(tag.Key) && tag.Value is not null)];
        Array.Sort(shown, static (left, right) => string.CompareOrdinal(left.Key, right.Key));
        return shown;
    }

    // The known keys all differ: if each is found among as many, nothing else is there.
    private static bool AreSameInAnyOrder(Tag[] known, ReadOnlySpan<Tag> tags, int from)
    {
        for (var i = from; i < known.Length; i++)
        {
            var isFound = false;
            for (var other = from; other < tags.Length && !isFound; other++)
            {
                isFound = IsSame(known[i], tags[other]);
            }

            if (!isFound)
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsSame(in Tag known, in Tag tag) =>
        (ReferenceEquals(known.Key, tag.Key) || string.Equals(known.Key, tag.Key, StringComparison.Ordinal))
        && (ReferenceEquals(known.Value, tag.Value) || IsSame(known.Value, tag.Value));

    private static bool IsSame(object? known, object? value) => known is string text
        ? value is string other && string.Equals(text, other, StringComparison.Ordinal)
        : known is not null && known.Equals(value);

    private static bool HasKey(ReadOnlySpan<Tag> tags, string key)
    {
        foreach (ref readonly var tag in tags)
        {
            if (tag.Key == key)
            {
                return true;
            }
        }

        return false;
    }
}
