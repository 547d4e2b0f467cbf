namespace SidecarPatterns.Tests;

/// <summary>Reads the heads that one end of a connection of HTTP/2 has written, in their order: each may refer to those before (RFC 7541).</summary>
internal sealed class HpackDecoder
{
    private const int MaxSize = 4096;
    private const int OverheadOfEntry = 32;

    /// <summary>The newest first.</summary>
    private readonly List<(string Name, string Value)> _entries = [];
    private int _limit = MaxSize;

    /// <summary>The size of what it keeps of the heads before (RFC 7541, section 4.1).</summary>
    public int Size => _entries.Sum(static entry => entry.Name.Length + entry.Value.Length + OverheadOfEntry);

    /// <summary>Reads a head.</summary>
    public IReadOnlyList<(string Name, string Value)> Decode(ReadOnlySpan<byte> block)
    {
        var headers = new List<(string Name, string Value)>();
        for (var reader = new HpackReader(block); !reader.IsEnd;)
        {
            switch (reader.Next)
            {
                case >= 0b1000_0000:
                    headers.Add(Entry(reader.ReadNumber(bits: 7)));
                    break;
                case >= 0b0100_0000:
                    headers.Add(ReadLiteral(ref reader, bits: 6));
                    Keep(headers[^1]);
                    break;
                case >= 0b0010_0000:
                    Limit(reader.ReadNumber(bits: 5));
                    break;
                default:
                    headers.Add(ReadLiteral(ref reader, bits: 4));
                    break;
            }
        }

        return headers;
    }

    private (string Name, string Value) ReadLiteral(ref HpackReader reader, int bits)
    {
        var index = reader.ReadNumber(bits);
        var name = index == 0 ? reader.ReadText() : Entry(index).Name;
        return (name, reader.ReadText());
    }

    private (string Name, string Value) Entry(int index) => index switch
    {
        0 => throw new InvalidDataException("A head refers to entry 0."),
        <= HpackStaticTable.Length => HpackStaticTable.Entry(index),
        _ when index - HpackStaticTable.Length <= _entries.Count => _entries[index - HpackStaticTable.Length - 1],
        _ => throw new InvalidDataException($"A head refers to entry {index}, which is not there."),
    };

    private void Limit(int size)
    {
        _limit = size <= MaxSize ? size : throw new InvalidDataException($"A table of {size} bytes was not agreed on.");
        Evict();
    }

    private void Keep((string Name, string Value) entry)
    {
        _entries.Insert(0, entry);
        Evict();
    }

    private void Evict()
    {
        while (Size > _limit)
        {
            _entries.RemoveAt(_entries.Count - 1);
        }
    }
}
