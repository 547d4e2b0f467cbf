using System.Buffers;
using System.Globalization;
using System.Text;

namespace SidecarPatterns;

/// <summary>Appends text to a buffer of UTF-8, a piece of the buffer at a time.</summary>
internal ref struct Utf8Text(IBufferWriter<byte> output)
{
    private const int Piece = 16 * 1024;
    private const int MaxNumber = 32;
    private const int MaxBytesPerCharacter = 3;

    private Span<byte> _free;
    private int _written;

    public void Append(string text)
    {
        var free = Reserve(text.Length * MaxBytesPerCharacter);
        _written += Encoding.UTF8.GetBytes(text, free);
    }

    public void Append(long number)
    {
        number.TryFormat(Reserve(MaxNumber), out var written, default, CultureInfo.InvariantCulture);
        _written += written;
    }

    /// <summary>Appends a number in as many digits as tell it from its neighbours.</summary>
    public void Append(double number)
    {
        if (double.IsFinite(number))
        {
            number.TryFormat(Reserve(MaxNumber), out var written, default, CultureInfo.InvariantCulture);
            _written += written;
        }
        else
        {
            Append(double.IsNaN(number) ? "NaN" : number > 0 ? "+Inf" : "-Inf");
        }
    }

    /// <summary>Hands over what was appended; to be called at the end.</summary>
    public void Flush()
    {
        output.Advance(_written);
        _free = default;
        _written = 0;
    }

    private Span<byte> Reserve(int size)
    {
        if (_free.Length - _written < size)
        {
            Flush();
            _free = output.GetSpan(Math.Max(size, Piece));
        }

        return _free[_written..];
    }
}
