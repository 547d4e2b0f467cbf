using System.Runtime.CompilerServices;
using System.Text;

namespace SidecarPatterns;

/// <summary>Bytes of lines, as they grow; one thread at a time.</summary>
internal sealed class LineBuffer
{
    private const int FirstLength = 256;
    private const int MaxKeptLength = 1 << 20;

    private byte[] _bytes = new byte[FirstLength];

    public int Count { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Count);

    public void Clear()
    {
        Count = 0;
        if (_bytes.Length > MaxKeptLength)
        {
            _bytes = new byte[FirstLength]; // One huge line is no reason to keep its room for ever.
        }
    }

    /// <summary>Forgets all that came after a place.</summary>
    public void Truncate(int count) => Count = count;

    /// <summary>Room for at least so many bytes; what of it is used is said by <see cref="Advance"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> GetSpan(int size)
    {
        if (_bytes.Length - Count < size)
        {
            Grow(size);
        }

        return _bytes.AsSpan(Count);
    }

    public void Advance(int count) => Count += count;

    public void Append(byte value)
    {
        GetSpan(1)[0] = value;
        Count++;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        Count += bytes.Length;
    }

    /// <summary>Text that has nothing in it which must be written in another way.</summary>
    public void AppendText(ReadOnlySpan<char> text)
    {
        var span = GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        Count += Encoding.UTF8.GetBytes(text, span);
    }

    public void AppendNumber<T>(T value, ReadOnlySpan<char> format = default)
        where T : IUtf8SpanFormattable
    {
        const int Longest = 64;
        int written;
        for (var size = Longest; !value.TryFormat(GetSpan(size), out written, format, System.Globalization.CultureInfo.InvariantCulture); size *= 2)
        {
        }

        Count += written;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int size) => Array.Resize(ref _bytes, Math.Max(checked(Count + size), (int)Math.Min(Array.MaxLength, 2L * _bytes.Length)));
}
