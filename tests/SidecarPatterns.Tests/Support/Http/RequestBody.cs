using System.Globalization;

namespace SidecarPatterns.Tests;

/// <summary>Finds the end of a request's body over HTTP/1.1, by its length or by its chunks, however slowly a script reads it.</summary>
internal sealed class RequestBody
{
    private readonly WireReader _reader;
    private readonly ServedRequest _request;
    private readonly bool _isChunked;

    /// <summary>Of the body, or of the present chunk.</summary>
    private long _left;
    private bool _isInChunk;

    public RequestBody(WireReader reader, ServedRequest request)
    {
        _reader = reader;
        _request = request;
        _isChunked = request.Says("Transfer-Encoding", "chunked");
        _left = _isChunked ? 0 : long.Parse(request.Header("Content-Length") ?? "0", CultureInfo.InvariantCulture);
        CompleteAtEnd();
    }

    /// <summary>Reads on into the request: as many bytes as asked for, fewer only at the end of the body.</summary>
    /// <exception cref="EndOfStreamException">The client ended before.</exception>
    public async Task ReadAsync(long atMost)
    {
        var buffer = new byte[Math.Min(atMost, 64 * 1024)];
        while (atMost > 0 && await HasMoreAsync())
        {
            var read = await _reader.ReadAsync(buffer.AsMemory(0, (int)long.Min(long.Min(atMost, _left), buffer.Length)));
            if (read == 0)
            {
                throw WireReader.Ended();
            }

            _request.Append(buffer.AsSpan(0, read));
            _left -= read;
            atMost -= read;
            CompleteAtEnd();
        }
    }

    private void CompleteAtEnd()
    {
        if (!_isChunked && _left == 0)
        {
            _request.Complete();
        }
    }

    private async Task<bool> HasMoreAsync()
    {
        if (_left == 0 && !_request.IsComplete)
        {
            await BeginChunkAsync();
        }

        return !_request.IsComplete;
    }

    private async Task BeginChunkAsync()
    {
        if (_isInChunk)
        {
            await LineAsync(); // The empty rest of the line on which the chunk before ended.
        }

        _isInChunk = true;
        var size = (await LineAsync()).Split(';')[0].Trim();
        _left = long.Parse(size, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        if (_left == 0)
        {
            while (await LineAsync() is not "")
            {
                // A trailer.
            }

            _request.Complete();
        }
    }

    private async Task<string> LineAsync() => await _reader.ReadLineAsync() ?? throw WireReader.Ended();
}
