using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace SidecarPatterns.AotTest;

/// <summary>
/// A repository of a configuration on a loopback port: one request a connection, and always the same answer. With a certificate it asks its clients for theirs.
/// </summary>
internal sealed class Repository : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, port: 0);
    private readonly X509Certificate2? _certificate;
    private readonly Task _serving;

    public Repository(string document, X509Certificate2? certificate = null)
    {
        Document = document;
        _certificate = certificate;
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Document { get; set; }

    public Uri Address => new(_certificate is null ? $"http://{_listener.LocalEndpoint}/" : $"https://localhost:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    /// <summary>Whose certificate each client has shown.</summary>
    public ConcurrentQueue<string?> Certificates { get; } = new();

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

    private async Task<Stream> OpenAsync(NetworkStream connection)
    {
        if (_certificate is null)
        {
            return connection;
        }

        var stream = new SslStream(connection);
        await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificate = _certificate,
            ClientCertificateRequired = true,
            RemoteCertificateValidationCallback = (_, shown, _, _) =>
            {
                Certificates.Enqueue(shown?.Subject);
                return shown is not null;
            },
        });
        return stream;
    }

    private async Task AnswerAsync(TcpClient connection)
    {
        using var closing = connection;
        await using var stream = await OpenAsync(connection.GetStream());
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
