using System.Net.Sockets;
using System.Text;

namespace SidecarPatterns.Tests;

/// <summary>An accepted connection as a script of a <see cref="ScriptedServer"/> plays it: the verbs of HTTP/1.1, one after another.</summary>
internal sealed class ScriptedConnection(Socket socket, ServedCounts counts, CancellationToken stopping) : Wire(socket, stopping)
{
    private ServedRequest? _request;
    private RequestBody? _body;

    /// <summary>In the order of accept; the first is 1.</summary>
    public int Number { get; } = counts.AddConnection();

    /// <summary>What reads beside the script, over HTTP/2.</summary>
    public Task Receiving { get; private set; } = Task.CompletedTask;

    /// <summary>Whether the client begins to speak HTTP/2.</summary>
    public Task<bool> IsHttp2Async() => Http2Connection.IsNextAsync(Reader);

    /// <summary>Goes on in HTTP/2; from now on the verbs of HTTP/1.1 have nothing to read.</summary>
    /// <param name="settings">What the server tells the client of itself.</param>
    public Task<Http2Connection> StartHttp2Async(params IReadOnlyList<(Http2Setting Setting, int Value)> settings) =>
        StartHttp2Async(answersPings: true, settings);

    /// <inheritdoc cref="StartHttp2Async(IReadOnlyList{ValueTuple{Http2Setting, int}})"/>
    public async Task<Http2Connection> StartHttp2Async(bool answersPings, params IReadOnlyList<(Http2Setting Setting, int Value)> settings)
    {
        var http2 = new Http2Connection(this) { AnswersPings = answersPings };
        await http2.GreetAsync(settings);
        Receiving = new Http2Receiver(http2, counts).RunAsync();
        return http2;
    }

    /// <summary>Reads a request with all of its body; asks for the body if the client waits to be asked.</summary>
    public async Task<ServedRequest> ReadRequestAsync()
    {
        var request = await ReadHeadAsync();
        await ReadAskedBodyAsync();
        return request;
    }

    /// <summary>As <see cref="ReadBodyAsync"/>, to its end, and asks for it if the client waits to be asked.</summary>
    public async Task ReadAskedBodyAsync()
    {
        if (_request!.Says("Expect", "100-continue"))
        {
            await SendContinueAsync();
        }

        await ReadBodyAsync();
    }

    /// <summary>Reads the head of a request and nothing of its body.</summary>
    /// <exception cref="EndOfStreamException">The client ended instead.</exception>
    public async Task<ServedRequest> ReadHeadAsync() => await ReadHeadOrEndAsync() ?? throw WireReader.Ended();

    /// <summary>As <see cref="ReadHeadAsync"/>; <see langword="null"/> if the client ends instead of asking once more.</summary>
    public async Task<ServedRequest?> ReadHeadOrEndAsync()
    {
        if (await Reader.ReadLineAsync() is not { } line)
        {
            return null;
        }

        var words = line.Split(' ');
        if (words is not [var method, var target, "HTTP/1.1"])
        {
            throw new InvalidDataException($"This is no request line: {line}");
        }

        _request = new ServedRequest(Number, method, target, await ReadHeadersAsync());
        _body = new RequestBody(Reader, _request);
        return counts.Add(_request);
    }

    /// <summary>Reads on in the body of the request whose head was read last: as many bytes as asked for, or to its end.</summary>
    public Task ReadBodyAsync(long atMost = long.MaxValue) => Body.ReadAsync(atMost);

    /// <summary>Asks for the body.</summary>
    public Task SendContinueAsync() => SendAsync(ResponseHead.Of(100, []));

    /// <inheritdoc cref="RespondAsync(int, ReadOnlyMemory{byte}, IReadOnlyList{ValueTuple{string, string}})"/>
    public Task RespondAsync(int status, string body = "", params IReadOnlyList<(string Name, string Value)> headers) =>
        RespondAsync(status, Encoding.UTF8.GetBytes(body), headers);

    /// <summary>Sends a response in one piece, with its length unless the headers frame it.</summary>
    public Task RespondAsync(int status, ReadOnlyMemory<byte> body, params IReadOnlyList<(string Name, string Value)> headers)
    {
        var head = ResponseHead.Of(status, ResponseHead.WithLength(status, headers, body.Length));
        return SendAsync((byte[])[.. Encoding.Latin1.GetBytes(head), .. _request?.Method == "HEAD" ? [] : body.Span]);
    }

    /// <summary>Sends the head of a response as it is given.</summary>
    public Task SendHeadAsync(int status, params IReadOnlyList<(string Name, string Value)> headers) =>
        SendAsync(ResponseHead.Of(status, headers));

    /// <summary>Sends the head of a response whose body follows in chunks.</summary>
    public Task SendChunkedHeadAsync(int status, params IReadOnlyList<(string Name, string Value)> headers) =>
        SendHeadAsync(status, [.. headers, ("Transfer-Encoding", "chunked")]);

    /// <inheritdoc cref="SendChunkAsync(ReadOnlyMemory{byte})"/>
    public Task SendChunkAsync(string text) => SendChunkAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>Sends one chunk; an empty one is the last.</summary>
    public Task SendChunkAsync(ReadOnlyMemory<byte> bytes) =>
        SendAsync((byte[])[.. Encoding.Latin1.GetBytes($"{bytes.Length:X}\r\n"), .. bytes.Span, .. "\r\n"u8]);

    /// <summary>Sends the end of a body in chunks.</summary>
    public Task SendLastChunkAsync() => SendChunkAsync("");

    private RequestBody Body => _body ?? throw new InvalidOperationException("No head of a request was read before.");

    private async Task<List<(string Name, string Value)>> ReadHeadersAsync()
    {
        var headers = new List<(string Name, string Value)>();
        while (await Reader.ReadLineAsync() is { } line)
        {
            if (line.Length == 0)
            {
                return headers;
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers.Add(colon > 0 ? (line[..colon], line[(colon + 1)..].Trim()) : throw new InvalidDataException($"This is no header: {line}"));
        }

        throw WireReader.Ended();
    }
}
