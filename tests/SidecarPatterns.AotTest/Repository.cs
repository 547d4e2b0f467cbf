using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SidecarPatterns.AotTest;

/// <summary>A repository of a configuration on a loopback port: one request a connection, and always the same answer.</summary>
internal sealed class Repository : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, port: 0);
    private readonly Task _serving;

    public Repository(string document)
    {
        Document = document;
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Document { get; set; }

    public Uri Address => new($"http://{_listener.LocalEndpoint}/");

    /// <summary>The key of each request.</summary>
    public ConcurrentQueue<string?> Keys { get; } = new();

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                _ = AnswerAsync(await _listener.AcceptTcpClientAsync()); // A client may connect and have nothing to ask.
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It was stopped.
        }
    }

    private async Task AnswerAsync(TcpClient connection)
    {
        using var closing = connection;
        var stream = connection.GetStream();
        using var reader = new StreamReader(stream, leaveOpen: true);
        string? key = null;
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
        {
            key = line.StartsWith("X-Api-Key: ", StringComparison.OrdinalIgnoreCase) ? line["X-Api-Key: ".Length..] : key;
        }

        Keys.Enqueue(key);
        await stream.WriteAsync(Encoding.UTF8.GetBytes(
            $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {Encoding.UTF8.GetByteCount(Document)}\r\n\r\n{Document}"));
    }
}
