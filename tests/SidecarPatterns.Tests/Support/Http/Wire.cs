using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace SidecarPatterns.Tests;

/// <summary>An accepted connection below HTTP: its bytes, in the clear or over TLS, and every way in which it can end or not go on.</summary>
internal class Wire : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly CancellationTokenSource _ended;

    /// <summary>Whoever holds it may write: the frames of several streams, and the end of all of them, share one connection.</summary>
    private readonly SemaphoreSlim _writing = new(1);

    /// <summary>Replaced by the handshake, before anybody reads or writes.</summary>
    private Stream _stream;
    private bool _isSendEnded; // Guarded by _writing.
    private int _isEnded;

    public Wire(Socket socket, CancellationToken stopping)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: false);
        _ended = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Ended = _ended.Token;
        Reader = new WireReader(into => _stream.ReadAsync(into, Ended).AsTask().WaitAsync(Eventually.Limit));
    }

    /// <summary>Cancelled once the script has ended the connection, or the server is disposed of.</summary>
    public CancellationToken Ended { get; }

    public bool IsEnded => Ended.IsCancellationRequested || Volatile.Read(ref _isEnded) != 0;

    /// <summary>For what has no verb of its own.</summary>
    public WireReader Reader { get; }

    /// <summary>Sends bytes as they are.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        await _writing.WaitAsync(Eventually.Limit, Ended);
        try
        {
            await _stream.WriteAsync(bytes, Ended).AsTask().WaitAsync(Eventually.Limit);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Sends text as it is, a byte a character.</summary>
    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Sends no more, and says so, but still reads.</summary>
    public async Task HalfCloseAsync()
    {
        await _writing.WaitAsync(Eventually.Limit, Ended);
        try
        {
            if (!_isSendEnded)
            {
                _isSendEnded = true;
                await (_stream is SslStream { IsAuthenticated: true } tls ? tls.ShutdownAsync() : Task.CompletedTask).WaitAsync(Eventually.Limit, Ended);
                _socket.Shutdown(SocketShutdown.Send);
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Ends the connection in order: what was sent arrives, and then the end (FIN).</summary>
    public async Task CloseAsync()
    {
        if (Interlocked.Exchange(ref _isEnded, 1) != 0)
        {
            return;
        }

        try
        {
            await HalfCloseAsync();
        }
        catch (Exception exception) when (IsEndOfConnection(exception))
        {
            // The client was the first.
        }

        await _ended.CancelAsync();
        SocketEnds.Close(_socket);
    }

    /// <summary>Breaks the connection off (RST); the client may lose even what was sent before.</summary>
    public void Reset()
    {
        if (Interlocked.Exchange(ref _isEnded, 1) == 0)
        {
            _ended.Cancel();
            SocketEnds.Reset(_socket);
        }
    }

    /// <summary>Does nothing more until the server is disposed of; never returns.</summary>
    public async Task StallAsync()
    {
        await Task.Delay(Eventually.HoldLimit, Ended);
        throw new TimeoutException($"A script stalled for {Eventually.HoldLimit}, and nobody disposed of the server.");
    }

    /// <summary>Does nothing more until a gate opens; a test can see when this is reached.</summary>
    public Task StallAsync(SyncPoint gate) => gate.PassAsync(Ended);

    /// <summary>Does nothing more until a task has ended.</summary>
    public Task StallAsync(Task opened) => opened.WaitAsync(Eventually.HoldLimit, Ended);

    /// <summary>Reads, and forgets, until the client ends the connection.</summary>
    /// <returns>Whether it ended in order; if not it broke off.</returns>
    public async Task<bool> WhenClientEndedAsync()
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await Reader.ReadAsync(buffer) > 0)
            {
                // Forgotten.
            }

            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>For the server: does its part of a TLS handshake.</summary>
    public async Task SecureAsync(SslServerAuthenticationOptions options)
    {
        var tls = new SslStream(_stream);
        _stream = tls;
        await tls.AuthenticateAsServerAsync(options, Ended).WaitAsync(Eventually.Limit);
    }

    /// <summary>Whether an exception only says that the connection has ended, by the client or by the script.</summary>
    public bool IsEndOfConnection(Exception exception) => exception is IOException or SocketException or AuthenticationException ||
        (IsEnded && exception is OperationCanceledException or ObjectDisposedException);

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await _stream.DisposeAsync();
        _ended.Dispose();
        GC.SuppressFinalize(this);
    }
}
