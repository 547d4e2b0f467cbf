using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SidecarPatterns.Tests;

/// <summary>A server of HTTP/1.1 on a port of its own that a child program can ask. Each connection serves one request.</summary>
internal sealed class LoopbackServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, port: 0);
    private readonly Func<string, int, (int Status, string Body)> _answer;
    private readonly Task _serving;
    private int _requests;

    /// <summary>Starts a server.</summary>
    /// <param name="answer">Answers a request, by its target and by how many there were before it.</param>
    public LoopbackServer(Func<string, int, (int Status, string Body)> answer)
    {
        _answer = answer;
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>Where it is.</summary>
    public string Url => $"http://{_listener.LocalEndpoint}/";

    /// <summary>How many requests there were.</summary>
    public int Requests => Volatile.Read(ref _requests);

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving.InTime();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                _ = AnswerAsync(await _listener.AcceptTcpClientAsync());
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return; // Stopped.
            }
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using var connection = client;
        var stream = connection.GetStream();
        using var reader = new StreamReader(stream, leaveOpen: true);
        if (await reader.ReadLineAsync() is not { } requestLine)
        {
            return;
        }

        while (!string.IsNullOrEmpty(await reader.ReadLineAsync()))
        {
        }

        var (status, body) = _answer(requestLine.Split(' ')[1], Interlocked.Increment(ref _requests) - 1);
        await stream.WriteAsync(Encoding.UTF8.GetBytes(
            $"HTTP/1.1 {status} Scripted\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n\r\n{body}"));
    }
}
