using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace SidecarPatterns;

/// <summary>Makes the handler that holds the connections.</summary>
internal static class PrimaryHandler
{
    public static SocketsHttpHandler Create(AmbassadorNetworkOptions options, ClientCertificateSource? certificate = null)
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
            PooledConnectionLifetime = Jittered(options.PooledConnectionLifetime),
            UseCookies = options.UseCookies,
        };
        handler.SslOptions.EnabledSslProtocols = options.SslProtocols;
        if (certificate is { IsConfigured: true })
        {
            handler.SslOptions.LocalCertificateSelectionCallback = new ShownCertificate(certificate).Select;
        }

        var keepAlive = (int)options.TcpKeepAlive.TotalSeconds;
        handler.ConnectCallback = (context, ct) => ConnectAsync(context, keepAlive, ct);
        return handler;
    }

    /// <summary>Whether the connections below a handler show a client's certificate.</summary>
    public static bool ShowsCertificate(DelegatingHandler handler)
    {
        var inner = handler.InnerHandler;
        while (inner is DelegatingHandler delegating)
        {
            inner = delegating.InnerHandler;
        }

        return inner is SocketsHttpHandler { SslOptions.LocalCertificateSelectionCallback.Target: ShownCertificate };
    }

    private static TimeSpan Jittered(TimeSpan lifetime) =>
        lifetime * (1 + (AmbassadorNetworkConstants.LifetimeJitter * ((2 * Random.Shared.NextDouble()) - 1)));

    /// <summary>Asked with each handshake.</summary>
    private sealed class ShownCertificate(ClientCertificateSource source)
    {
        public X509Certificate2 Select(object sender, string host, X509CertificateCollection local, X509Certificate? remote, string[] issuers) => source.Select(host)!;
    }

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
