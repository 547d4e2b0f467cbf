using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace SidecarPatterns.Benchmarks;

/// <summary>A server on a port of the loopback that misbehaves.</summary>
internal sealed class ChaosServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly ServedCalls _calls;
    private readonly Task _accepting;

    public ChaosServer(ServedCalls calls)
    {
        _calls = calls;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Address => $"http://{_listener.LocalEndpoint}";

    /// <summary>Ends it, once what its clients had sent has been read.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _accepting;
        await Task.WhenAll(_connections);
        _listener.Dispose();
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptSocketAsync(_end.Token);
                _connections.Add(Task.Run(() => new ChaosConnection(socket, _calls, _end.Token).RunAsync()));
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }
}
