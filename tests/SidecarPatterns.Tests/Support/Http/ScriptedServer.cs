using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography.X509Certificates;

namespace SidecarPatterns.Tests;

/// <summary>
/// An HTTP server on a real socket that does what a test tells it, down to the byte: also what no proper server does. Disposal ends every connection
/// and throws what a script failed with first, unless that only says that its connection has ended.
/// </summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ServedCounts _counts = new();
    private readonly ServerScripts _scripts = new();
    private readonly ConcurrentQueue<Exception> _failures = new();
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly SslServerAuthenticationOptions? _tls;
    private Task _accepting = Task.CompletedTask;

    private ScriptedServer(string origin, SslServerAuthenticationOptions? tls = null, bool isOpen = true)
    {
        _tls = tls;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, port: 0));
        Uri = new UriBuilder(origin) { Port = ((IPEndPoint)_listener.LocalEndPoint!).Port }.Uri;
        if (isOpen)
        {
            Open();
        }
    }

    /// <summary>Where it listens.</summary>
    public Uri Uri { get; }

    /// <summary>How many connections were accepted.</summary>
    public int Connections => _counts.Connections;

    /// <summary>How many heads of requests were read.</summary>
    public int Requests => _counts.Requests.Count;

    /// <summary>The requests, in the order in which their heads were read.</summary>
    public IReadOnlyList<ServedRequest> Served => _counts.Requests;

    /// <summary>Starts a server in the clear.</summary>
    public static ScriptedServer Start() => new("http://127.0.0.1");

    /// <summary>Has the port of a server that refuses every connection until it is opened.</summary>
    public static ScriptedServer StartClosed() => new("http://127.0.0.1", isOpen: false);

    /// <summary>Starts a server behind TLS.</summary>
    /// <param name="certificate">One of <see cref="TestCertificates"/>.</param>
    /// <param name="protocols">What it agrees to speak, in its order of preference; none is HTTP/1.1.</param>
    public static ScriptedServer StartTls(X509Certificate2 certificate, params IReadOnlyList<SslApplicationProtocol> protocols) =>
        new("https://localhost", new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true),
            ApplicationProtocols = protocols.Count == 0 ? [SslApplicationProtocol.Http11] : [.. protocols],
        });

    /// <summary>Starts a server behind TLS that asks for a client's certificate, and tells what it was shown.</summary>
    /// <param name="certificate">One of <see cref="TestCertificates"/>.</param>
    /// <param name="onShown">The common name of what was shown with each handshake, or nothing; whether it is let in.</param>
    /// <param name="host">By which clients know it.</param>
    public static ScriptedServer StartMutualTls(X509Certificate2 certificate, Func<string?, bool> onShown, string host = "localhost") =>
        new("https://" + host, new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true),
            ApplicationProtocols = [SslApplicationProtocol.Http11],
            ClientCertificateRequired = true,
            RemoteCertificateValidationCallback = (_, shown, _, _) => onShown((shown as X509Certificate2)?.GetNameInfo(X509NameType.SimpleName, forIssuer: false)),
        });

    /// <summary>Starts a server that clients take to be behind TLS, but that says nothing to them; a script may say other than nothing.</summary>
    public static ScriptedServer StartMuteTls() => new ScriptedServer("https://localhost").Connection(static connection => connection.StallAsync());

    /// <summary>Lets connections in, where it has let in none so far.</summary>
    public void Open()
    {
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    /// <summary>Says what to do with one connection more, in the order of accept. Without any other the last is repeated.</summary>
    public ScriptedServer Connection(Func<ScriptedConnection, Task> script)
    {
        _scripts.Add(script);
        return this;
    }

    /// <summary>Says what to answer to each request, on all connections that have no script of their own.</summary>
    public ScriptedServer Answers(Answer answer) => InTurn(answer);

    /// <inheritdoc cref="Answers(Answer)"/>
    public ScriptedServer Answers(int status, string body = "", params IReadOnlyList<(string Name, string Value)> headers) =>
        Answers(Answer.With(status, body, headers));

    /// <summary>As <see cref="Answers(Answer)"/>, the first answer to the first request from now on, and so on; the last is repeated.</summary>
    public ScriptedServer InTurn(params IReadOnlyList<Answer> answers)
    {
        var turn = -1;
        _scripts.Answer(() => answers[int.Min(Interlocked.Increment(ref turn), answers.Count - 1)]);
        return this;
    }

    /// <summary>As <see cref="Answers(Answer)"/>, called with each request when all of it has been read.</summary>
    public ScriptedServer OnRequest(Func<ServedRequest, ScriptedConnection, Task> script) => Answers(Answer.Of(script));

    /// <summary>As <see cref="Answers(Answer)"/>, called with each request when only its head has been read.</summary>
    public ScriptedServer OnHead(Func<ServedRequest, ScriptedConnection, Task> script) => Answers(new Answer(script, Answer.OnlyHttp1));

    /// <summary>As <see cref="OnRequest"/>, over HTTP/2.</summary>
    public ScriptedServer OnStream(Func<Http2Stream, Task> script) => Answers(Answer.OfStream(script));

    /// <summary>As <see cref="OnHead"/>, over HTTP/2.</summary>
    public ScriptedServer OnStreamHead(Func<Http2Stream, Task> script) => Answers(new Answer(Answer.OnlyHttp2, script));

    /// <summary>Waits until so many connections were accepted.</summary>
    public Task WhenConnectedAsync(int count) => _counts.WhenConnectedAsync(count, _stop.Token);

    /// <summary>Waits until so many heads of requests were read.</summary>
    public Task WhenRequestedAsync(int count) => _counts.WhenRequestedAsync(count, _stop.Token);

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        await _stop.CancelAsync();
        await _accepting.InTime();
        _listener.Dispose();
        if (_failures.TryPeek(out var failure))
        {
            // The first alone: clients try again by themselves, and so most others are the same once more.
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    private async Task AcceptAsync()
    {
        var running = new List<Task>();
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var socket = await _listener.AcceptAsync(_stop.Token);
                socket.NoDelay = true;
                var connection = new ScriptedConnection(socket, _counts, _stop.Token);
                var script = _scripts.Next();
                running.Add(Task.Run(() => PlayAsync(connection, script)));
            }
            catch (OperationCanceledException)
            {
                // The server stops.
            }
        }

        await Task.WhenAll(running);
    }

    private async Task PlayAsync(ScriptedConnection connection, Func<ScriptedConnection, Task> script)
    {
        await ObserveAsync(connection, async () =>
        {
            await (_tls is null ? Task.CompletedTask : connection.SecureAsync(_tls));
            await script(connection);
        });
        await connection.DisposeAsync();
        await ObserveAsync(connection, () => connection.Receiving);
    }

    private async Task ObserveAsync(ScriptedConnection connection, Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (Exception exception) when (connection.IsEndOfConnection(exception))
        {
            // As every connection does.
        }
        catch (Exception exception)
        {
            _failures.Enqueue(exception);
        }
    }
}
