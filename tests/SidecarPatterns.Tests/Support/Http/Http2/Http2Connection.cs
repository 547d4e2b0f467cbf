using System.Threading.Channels;

namespace SidecarPatterns.Tests;

/// <summary>
/// A connection of HTTP/2 as a script of a <see cref="ScriptedServer"/> plays it. What keeps a connection going is done unasked: settings and pings are
/// acknowledged, and the client may always send on. All else a script says.
/// </summary>
internal sealed class Http2Connection
{
    private static readonly byte[] Preface = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8];

    private readonly Channel<Http2Stream> _heads = Channel.CreateUnbounded<Http2Stream>();

    public Http2Connection(ScriptedConnection wire) => Wire = wire;

    /// <summary>For what has no verb of its own, and for every way to end.</summary>
    public ScriptedConnection Wire { get; }

    /// <summary>Whether it acknowledges pings.</summary>
    public bool AnswersPings { get; set; } = true;

    /// <summary>The last stream that the client has opened.</summary>
    public int LastStreamId { get; private set; }

    /// <summary>Told of all that a wait of this connection or its streams may be for.</summary>
    public Changes Changes { get; } = new();

    public Http2Windows Windows { get; } = new();

    /// <summary>Whether the client has acknowledged the settings of the server.</summary>
    public bool IsSettled { get; private set; }

    /// <summary>Whether nothing more comes from the client.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Whether the connection begins as one of HTTP/2 does.</summary>
    public static Task<bool> IsNextAsync(WireReader reader) => reader.NextIsAsync(Preface);

    /// <summary>For the connection, as it goes on in HTTP/2: greets, and is greeted.</summary>
    public async Task GreetAsync(IReadOnlyList<(Http2Setting Setting, int Value)> settings)
    {
        if (!await IsNextAsync(Wire.Reader))
        {
            throw new InvalidDataException("The client does not speak HTTP/2.");
        }

        await Wire.Reader.ReadExactlyAsync(new byte[Preface.Length]);
        await SendAsync(Http2Frame.Settings(settings));
    }

    /// <summary>Waits for the next request and reads all of it; asks for its body if the client waits to be asked.</summary>
    /// <exception cref="EndOfStreamException">The client ended instead.</exception>
    public async Task<Http2Stream> NextRequestAsync()
    {
        var stream = await NextHeadAsync();
        await stream.ReadAskedBodyAsync();
        return stream;
    }

    /// <summary>Waits for the head of the next request.</summary>
    /// <exception cref="EndOfStreamException">The client ended instead.</exception>
    public async Task<Http2Stream> NextHeadAsync() => await NextHeadOrEndAsync() ?? throw WireReader.Ended();

    /// <summary>As <see cref="NextHeadAsync"/>; <see langword="null"/> if the client ends instead.</summary>
    public async Task<Http2Stream?> NextHeadOrEndAsync()
    {
        var isNext = await _heads.Reader.WaitToReadAsync(Wire.Ended).AsTask().WaitAsync(Eventually.Limit);
        return isNext && _heads.Reader.TryRead(out var stream) ? stream : null;
    }

    /// <summary>Sends a frame as it is.</summary>
    public Task SendAsync(Http2Frame frame) => Wire.SendAsync(frame.ToBytes());

    /// <summary>Says that the server goes away, and up to which stream it has done anything.</summary>
    public Task GoAwayAsync(int lastStreamId, Http2ErrorCode code) =>
        SendAsync(Http2Frame.Of(Http2FrameType.GoAway, streamId: 0, lastStreamId, (int)code));

    /// <summary>Waits until the client has acknowledged the settings of the server, and so keeps to them.</summary>
    public Task WhenSettledAsync() => UntilAsync(() => IsSettled, static () => "the client acknowledges the settings");

    /// <summary>Waits until nothing more comes from the client.</summary>
    public Task WhenClientEndedAsync() => Changes.UntilAsync(() => IsOver, static () => "the client ends the connection", Wire.Ended);

    /// <summary>Waits for a condition over what the client sends.</summary>
    /// <exception cref="EndOfStreamException">The client ended before.</exception>
    public async Task UntilAsync(Func<bool> condition, Func<string> what)
    {
        var holds = false;
        await Changes.UntilAsync(() => (holds = condition()) || IsOver, what, Wire.Ended);
        if (!holds)
        {
            throw WireReader.Ended();
        }
    }

    /// <summary>For the receiver: the client has opened a stream.</summary>
    public void OnHead(Http2Stream stream)
    {
        LastStreamId = stream.Id;
        _heads.Writer.TryWrite(stream);
    }

    /// <summary>For the receiver: the client has acknowledged the settings.</summary>
    public void OnSettled()
    {
        IsSettled = true;
        Changes.Tell();
    }

    /// <summary>For the receiver: it receives no more.</summary>
    public void OnOver()
    {
        IsOver = true;
        _heads.Writer.TryComplete();
        Changes.Tell();
    }
}
