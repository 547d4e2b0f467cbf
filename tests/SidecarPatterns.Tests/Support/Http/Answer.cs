namespace SidecarPatterns.Tests;

/// <summary>What a <see cref="ScriptedServer"/> does with a request, whichever connection it comes on. Called when only its head has been read.</summary>
/// <param name="OverHttp1">Over HTTP/1.1.</param>
/// <param name="OverHttp2">Over HTTP/2.</param>
internal sealed record Answer(Func<ServedRequest, ScriptedConnection, Task> OverHttp1, Func<Http2Stream, Task> OverHttp2)
{
    /// <summary>Reads the request and breaks the connection off.</summary>
    public static readonly Answer Reset = Ending(static connection =>
    {
        connection.Reset();
        return Task.CompletedTask;
    });

    /// <summary>Reads the request and ends the connection in order.</summary>
    public static readonly Answer Close = Ending(static connection => connection.CloseAsync());

    /// <summary>Reads the request and says nothing until the server is disposed of.</summary>
    public static readonly Answer Stall = Ending(static connection => connection.StallAsync());

    /// <summary>Reads the request and sends a response. Over HTTP/1.1 <c>Connection: close</c> is kept, over HTTP/2 it does not exist.</summary>
    public static Answer With(int status, string body = "", params IReadOnlyList<(string Name, string Value)> headers)
    {
        var others = headers.Where(static header => header is not ("Connection", _)).ToArray();
        var responding = Of(async connection =>
        {
            await connection.RespondAsync(status, body, headers);
            await (headers.Contains(("Connection", "close")) ? connection.CloseAsync() : Task.CompletedTask);
        });
        return responding with { OverHttp2 = OfStream(stream => stream.RespondAsync(status, body, others)).OverHttp2 };
    }

    /// <summary>The same, once a test lets it go on; the request has been read by then.</summary>
    public Answer After(SyncPoint held) => new(
        async (request, connection) =>
        {
            await connection.ReadAskedBodyAsync();
            await held.PassAsync();
            await OverHttp1(request, connection);
        },
        async stream =>
        {
            await stream.ReadAskedBodyAsync();
            await held.PassAsync();
            await OverHttp2(stream);
        });

    /// <summary>Over HTTP/2, reads the request and gives up its stream.</summary>
    public static Answer ResetStream(Http2ErrorCode code) => OfStream(stream => stream.ResetAsync(code));

    /// <summary>Over HTTP/1.1, reads the request and does something with its connection.</summary>
    public static Answer Of(Func<ScriptedConnection, Task> script) => Of((_, connection) => script(connection));

    /// <inheritdoc cref="Of(Func{ScriptedConnection, Task})"/>
    public static Answer Of(Func<ServedRequest, ScriptedConnection, Task> script) => new(
        async (request, connection) =>
        {
            await connection.ReadAskedBodyAsync();
            await script(request, connection);
        },
        OnlyHttp1);

    /// <summary>Over HTTP/2, reads the request and does something with its stream.</summary>
    public static Answer OfStream(Func<Http2Stream, Task> script) => new(
        OnlyHttp2,
        async stream =>
        {
            await stream.ReadAskedBodyAsync();
            await script(stream);
        });

    /// <summary>Of an answer that is only for HTTP/1.1.</summary>
    public static Task OnlyHttp1(Http2Stream stream) => throw new InvalidOperationException($"The answer to {stream.Request} is for HTTP/1.1.");

    /// <summary>Of an answer that is only for HTTP/2.</summary>
    public static Task OnlyHttp2(ServedRequest request, ScriptedConnection connection) =>
        throw new InvalidOperationException($"The answer to {request} is for HTTP/2.");

    private static Answer Ending(Func<ScriptedConnection, Task> script) =>
        Of(script) with { OverHttp2 = OfStream(stream => script(stream.Connection.Wire)).OverHttp2 };
}
