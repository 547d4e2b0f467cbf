using System.Text;

namespace SidecarPatterns.Tests;

/// <summary>The client's end of a connection, without a socket, to a server that answers one request without content, and ends.</summary>
/// <param name="answer">The bytes of the response to the head of a request.</param>
internal sealed class AnsweringStream(Func<string, byte[]> answer) : Stream
{
    public const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

    /// <param name="answer">The text of the response to the head of a request.</param>
    public AnsweringStream(Func<string, string> answer)
        : this(head => Encoding.UTF8.GetBytes(answer(head)))
    {
    }

    private readonly StringBuilder _head = new();
    private byte[] _response = [];
    private int _read;

    /// <summary>Whether the connection has its TLS already, so that nobody shakes hands over it.</summary>
    public bool IsSecured { get; init; }

    /// <summary>What the server says before it is asked.</summary>
    public string Greeting
    {
        init => _response = Encoding.UTF8.GetBytes(value);
    }

    /// <summary>How many bytes come at a time.</summary>
    public Func<int> Piece { get; init; } = static () => int.MaxValue;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Redirects to an address.</summary>
    public static string Redirect(string location) => $"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var count = int.Min(int.Min(buffer.Length, Piece()), _response.Length - _read);
        _response.AsSpan(_read, count).CopyTo(buffer);
        _read += count;
        return count;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _head.Append(Encoding.UTF8.GetString(buffer));
        if (_head.ToString() is var head && head.EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            _response = answer(head);
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
        // Nothing is kept back.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
