namespace SidecarPatterns.Tests;

/// <summary>What a <see cref="ScriptedServer"/> is told to do: scripts of whole connections first, then answers to requests. Thread-safe.</summary>
internal sealed class ServerScripts
{
    private readonly Queue<Func<ScriptedConnection, Task>> _connections = new();
    private Func<ScriptedConnection, Task>? _last;
    private Func<Answer>? _answer;

    /// <summary>Adds the script of one connection more.</summary>
    public void Add(Func<ScriptedConnection, Task> connection)
    {
        lock (_connections)
        {
            _connections.Enqueue(connection);
        }
    }

    /// <summary>Sets the answer to each request from now on, also of those on connections that are open.</summary>
    public void Answer(Func<Answer> next) => Volatile.Write(ref _answer, next);

    /// <summary>The script of the next connection.</summary>
    public Func<ScriptedConnection, Task> Next()
    {
        lock (_connections)
        {
            if (_connections.TryDequeue(out var script))
            {
                return _last = script;
            }

            return Volatile.Read(ref _answer) is not null ? AnswerAsync
                : _last ?? (static _ => throw new InvalidOperationException("The server has no script for a connection."));
        }
    }

    private async Task AnswerAsync(ScriptedConnection connection)
    {
        if (await connection.IsHttp2Async())
        {
            await AnswerHttp2Async(connection);
        }
        else
        {
            await AnswerHttp1Async(connection);
        }
    }

    // The answer is asked for at each request: a test may have changed it while the connection was kept.
    private async Task AnswerHttp1Async(ScriptedConnection connection)
    {
        while (!connection.IsEnded && await connection.ReadHeadOrEndAsync() is { } request)
        {
            await NextAnswer().OverHttp1(request, connection);
            if (!connection.IsEnded)
            {
                await connection.ReadBodyAsync();
            }
        }
    }

    private async Task AnswerHttp2Async(ScriptedConnection connection)
    {
        var http2 = await connection.StartHttp2Async();
        var answers = new List<Task>();
        try
        {
            while (await http2.NextHeadOrEndAsync() is { } stream)
            {
                answers.Add(AnswerAsync(stream, NextAnswer()));
            }
        }
        finally
        {
            await Task.WhenAll(answers);
        }
    }

    private static async Task AnswerAsync(Http2Stream stream, Answer answer)
    {
        try
        {
            await answer.OverHttp2(stream);
            await stream.AskForBodyAsync();
        }
        catch (Exception exception) when (stream.Connection.Wire.IsEndOfConnection(exception))
        {
            // As every stream may; the others go on.
        }
        catch
        {
            // Nobody waits for an answer that does not come.
            stream.Connection.Wire.Reset();
            throw;
        }
    }

    private Answer NextAnswer() => Volatile.Read(ref _answer)!();
}
