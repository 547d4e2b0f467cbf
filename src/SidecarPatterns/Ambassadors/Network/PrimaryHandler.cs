using System.Net.Sockets;

namespace SidecarPatterns;

/// <summary>Makes the handler that holds the connections.</summary>
internal static class PrimaryHandler
{
    public static SocketsHttpHandler Create(AmbassadorNetworkOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false, // Ours: see RedirectRule.
            AutomaticDecompression = options.AutomaticDecompression,
            ConnectTimeout = options.ConnectTimeout,
            EnableMultipleHttp2Connections = options.EnableMultipleHttp2Connections,
            Expect100ContinueTimeout = options.Expect100ContinueTimeout,
            KeepAlivePingDelay = options.KeepAlivePingDelay,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            KeepAlivePingTimeout = options.KeepAlivePingTimeout,
            MaxResponseHeadersLength = options.MaxResponseHeadersLength,
            PooledConnectionIdleTimeout = options.PooledConnectionIdleTimeout,
            PooledConnectionLifetime = Jittered(options.PooledConnectionLifetime, options.PooledConnectionLifetimeJitter),
            UseCookies = options.UseCookies,
        };
        handler.SslOptions.EnabledSslProtocols = options.SslProtocols;
        var keepAlive = (int)options.TcpKeepAlive.TotalSeconds;
        handler.ConnectCallback = (context, ct) => ConnectAsync(context, keepAlive, ct);
        return handler;
    }

    private static TimeSpan Jittered(TimeSpan lifetime, double jitter) => lifetime * (1 + (jitter * ((2 * Random.Shared.NextDouble()) - 1)));

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, int keepAlive, CancellationToken ct)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, keepAlive);
            await socket.ConnectAsync(context.DnsEndPoint, ct).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
