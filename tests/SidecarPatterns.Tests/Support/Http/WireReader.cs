using System.Text;

namespace SidecarPatterns.Tests;

/// <summary>Cuts what a connection receives into lines and counted bytes, which is all that the framing of HTTP asks for.</summary>
/// <param name="receive">Receives some bytes, none only at the end.</param>
internal sealed class WireReader(Func<Memory<byte>, Task<int>> receive)
{
    private byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    /// <summary>Reads some bytes; none only at the end.</summary>
    public async Task<int> ReadAsync(Memory<byte> into)
    {
        if (_start == _end)
        {
            return await receive(into);
        }

        var count = Math.Min(into.Length, _end - _start);
        _buffer.AsMemory(_start, count).CopyTo(into);
        _start += count;
        return count;
    }

    /// <summary>Reads as many bytes as there is room for.</summary>
    /// <exception cref="EndOfStreamException">The client ended before.</exception>
    public async Task ReadExactlyAsync(Memory<byte> into)
    {
        while (into.Length > 0)
        {
            var read = await ReadAsync(into);
            if (read == 0)
            {
                throw Ended();
            }

            into = into[read..];
        }
    }

    /// <summary>Reads a line without its end; <see langword="null"/> where the client ends instead of beginning one.</summary>
    /// <exception cref="EndOfStreamException">The client ended within the line.</exception>
    public async Task<string?> ReadLineAsync()
    {
        var seen = 0;
        while (true)
        {
            var feed = _buffer.AsSpan(_start + seen, _end - _start - seen).IndexOf((byte)'\n');
            if (feed >= 0)
            {
                var line = Encoding.Latin1.GetString(_buffer, _start, seen + feed);
                _start += seen + feed + 1;
                return line.TrimEnd('\r');
            }

            seen = _end - _start;
            if (!await FillAsync())
            {
                return seen == 0 ? null : throw Ended();
            }
        }
    }

    /// <summary>Whether the next bytes are these; they stay to be read.</summary>
    public async Task<bool> NextIsAsync(ReadOnlyMemory<byte> expected)
    {
        while (true)
        {
            var count = Math.Min(_end - _start, expected.Length);
            if (!_buffer.AsSpan(_start, count).SequenceEqual(expected.Span[..count]))
            {
                return false;
            }

            if (count == expected.Length)
            {
                return true;
            }

            if (!await FillAsync())
            {
                return false;
            }
        }
    }

    public static EndOfStreamException Ended() => new("The client ended the connection.");

    private async Task<bool> FillAsync()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        var read = await receive(_buffer.AsMemory(_end));
        _end += read;
        return read > 0;
    }
}
