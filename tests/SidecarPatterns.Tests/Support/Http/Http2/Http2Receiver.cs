using System.Buffers;
using System.Buffers.Binary;

namespace SidecarPatterns.Tests;

/// <summary>
/// Reads the frames of a connection of HTTP/2 as they come and gives them to whom they are for. It alone reads; what a script sends meanwhile goes its own
/// way.
/// </summary>
internal sealed class Http2Receiver(Http2Connection connection, ServedCounts counts)
{
    private readonly HpackDecoder _decoder = new();
    private readonly Dictionary<int, Http2Stream> _streams = [];

    /// <summary>What has come of a head.</summary>
    private readonly ArrayBufferWriter<byte> _block = new();
    private bool _endsStream;

    /// <summary>Reads until the connection ends.</summary>
    public async Task RunAsync()
    {
        try
        {
            while (await Http2Frame.ReadAsync(connection.Wire.Reader) is { } frame)
            {
                await OnFrameAsync(frame);
            }
        }
        catch (Exception exception) when (!connection.Wire.IsEndOfConnection(exception))
        {
            // Scripts that wait for more than can come end with it.
            connection.Wire.Reset();
            throw;
        }
        finally
        {
            connection.OnOver();
        }
    }

    private Task OnFrameAsync(Http2Frame frame)
    {
        switch (frame.Type)
        {
            case Http2FrameType.Headers:
                _endsStream = frame.Has(Http2Flags.EndStream);
                return OnHeaders(frame);
            case Http2FrameType.Continuation:
                return OnHeaders(frame);
            case Http2FrameType.Data:
                return OnDataAsync(frame);
            case Http2FrameType.Settings:
                return OnSettingsAsync(frame);
            case Http2FrameType.Ping when !frame.Has(Http2Flags.Acknowledge) && connection.AnswersPings:
                return connection.SendAsync(frame with { Flags = Http2Flags.Acknowledge });
            case Http2FrameType.WindowUpdate:
                connection.Windows.Grant(frame.StreamId, NumberIn(frame));
                connection.Changes.Tell();
                return Task.CompletedTask;
            case Http2FrameType.ResetStream when _streams.TryGetValue(frame.StreamId, out var stream):
                stream.OnReset((Http2ErrorCode)NumberIn(frame));
                return Task.CompletedTask;
            default:
                return Task.CompletedTask; // Nothing that a script asks for.
        }
    }

    private Task OnHeaders(Http2Frame frame)
    {
        _block.Write(frame.Content().Span);
        if (frame.Has(Http2Flags.EndHeaders))
        {
            // Also what is not looked at: the decoder learns from it.
            var headers = _decoder.Decode(_block.WrittenSpan);
            _block.Clear();
            if (!_streams.TryGetValue(frame.StreamId, out var stream))
            {
                stream = Open(frame.StreamId, headers);
            }

            if (_endsStream)
            {
                stream.OnEnd();
            }
        }

        return Task.CompletedTask;
    }

    private Http2Stream Open(int id, IReadOnlyList<(string Name, string Value)> headers)
    {
        var request = new ServedRequest(connection.Wire.Number, Pseudo(":method"), Pseudo(":path"), headers);
        var stream = new Http2Stream(connection, id, request);
        _streams.Add(id, stream);
        if (_endsStream)
        {
            request.Complete(); // Before anybody sees it.
        }

        counts.Add(request);
        connection.OnHead(stream);
        return stream;

        string Pseudo(string name) => headers.Single(header => header.Name == name).Value;
    }

    private async Task OnDataAsync(Http2Frame frame)
    {
        if (frame.Payload.Length > 0)
        {
            // That of the connection at once: a stream that nobody reads is not to hold up the others.
            await connection.SendAsync(Http2Frame.Of(Http2FrameType.WindowUpdate, streamId: 0, frame.Payload.Length));
        }

        var content = frame.Content();
        await _streams[frame.StreamId].OnDataAsync(content, padding: frame.Payload.Length - content.Length);
        if (frame.Has(Http2Flags.EndStream))
        {
            _streams[frame.StreamId].OnEnd();
        }
    }

    private Task OnSettingsAsync(Http2Frame frame)
    {
        if (frame.Has(Http2Flags.Acknowledge))
        {
            connection.OnSettled();
            return Task.CompletedTask;
        }

        for (var rest = frame.Payload.Span; rest.Length >= 6; rest = rest[6..])
        {
            if (BinaryPrimitives.ReadInt16BigEndian(rest) == (int)Http2Setting.InitialWindowSize)
            {
                connection.Windows.SetInitial(BinaryPrimitives.ReadInt32BigEndian(rest[2..]));
                connection.Changes.Tell();
            }
        }

        return connection.SendAsync(new Http2Frame(Http2FrameType.Settings, Http2Flags.Acknowledge, StreamId: 0, default));
    }

    private static int NumberIn(Http2Frame frame) => BinaryPrimitives.ReadInt32BigEndian(frame.Payload.Span) & int.MaxValue;
}
