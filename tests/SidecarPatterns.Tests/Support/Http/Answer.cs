namespace SidecarPatterns.Tests;

/// <summary>What a <see cref="ScriptedServer"/> does with a request, whichever connection it comes on. Called when only its head has been read.</summary>
/// <param name="OverHttp1">Over HTTP/1.1.</param>
internal sealed record Answer(Func<ServedRequest, ScriptedConnection, Task> OverHttp1)
{
    /// <summary>Reads the request and breaks the connection off.</summary>
    public static readonly Answer Reset = Of(static connection =>
    {
        connection.Reset();
        return Task.CompletedTask;
    });

    /// <summary>Reads the request and ends the connection in order.</summary>
    public static readonly Answer Close = Of(static connection => connection.CloseAsync());

    /// <summary>Reads the request and says nothing until the server is disposed of.</summary>
    public static readonly Answer Stall = Of(static connection => connection.StallAsync());

    /// <summary>Reads the request and sends a response; <c>Connection: close</c> is kept.</summary>
    public static Answer With(int status, string body = "", params IReadOnlyList<(string Name, string Value)> headers) =>
        Of(async connection =>
        {
            await connection.RespondAsync(status, body, headers);
            if (headers.Any(static header => header.Name == "Connection" && header.Value == "close"))
            {
                await connection.CloseAsync();
            }
        });

    /// <summary>Reads the request and does something with its connection.</summary>
    public static Answer Of(Func<ScriptedConnection, Task> script) => Of((_, connection) => script(connection));

    /// <inheritdoc cref="Of(Func{ScriptedConnection, Task})"/>
    public static Answer Of(Func<ServedRequest, ScriptedConnection, Task> script) => new(async (request, connection) =>
    {
        await connection.ReadAskedBodyAsync();
        await script(request, connection);
    });
}
