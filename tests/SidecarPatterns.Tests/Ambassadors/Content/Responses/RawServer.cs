using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SidecarPatterns.Tests;

/// <summary>Answers requests without a body on real connections with the bytes that the test says, and no others.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<NetworkStream, Task> _answer;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private int _connections;

    /// <param name="answer">Called for each request; what it throws closes the connection.</param>
    public RawServer(Func<NetworkStream, Task> answer)
    {
        _answer = answer;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Writes lines, the way a header is written.</summary>
    public static Task WriteAsync(Stream connection, params string[] lines) =>
        connection.WriteAsync(Encoding.Latin1.GetBytes(string.Join("\r\n", lines) + "\r\n")).AsTask();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.InTime();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                serving.Add(ServeAsync(client));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or InvalidOperationException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            await using var connection = client.GetStream();
            using var registration = _stop.Token.Register(client.Dispose);
            try
            {
                while (await ReadHeadAsync(connection))
                {
                    await _answer(connection);
                }
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException or OperationCanceledException)
            {
                // The other side has closed the connection, or the test is over.
            }
        }
    }

    private static async Task<bool> ReadHeadAsync(NetworkStream connection)
    {
        var one = new byte[1];
        for (var ends = 0; ends < 4;)
        {
            if (await connection.ReadAsync(one) == 0)
            {
                return false;
            }

            ends = one[0] is (byte)'\r' or (byte)'\n' ? ends + 1 : 0;
        }

        return true;
    }
}
