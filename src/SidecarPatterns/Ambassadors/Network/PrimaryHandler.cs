using System.Security.Cryptography.X509Certificates;

namespace SidecarPatterns;

/// <summary>Makes the handler that holds the connections.</summary>
internal static class PrimaryHandler
{
    /// <summary>Makes the handler of an ambassador.</summary>
    public static SocketsHttpHandler Create(AmbassadorState state)
    {
        var handler = Create(state.Settings.Options.Network, state.ClientCertificate);
        Connect(handler, state);
        return handler;
    }

    /// <summary>Has a handler connect by way of the ambassador, and use no proxy but the environment's, if any.</summary>
    /// <exception cref="InvalidOperationException">The handler has sent requests before.</exception>
    public static void Connect(SocketsHttpHandler handler, AmbassadorState state)
    {
        handler.ConnectCallback = new EgressConnector(state).ConnectAsync;
        if (handler is not { UseProxy: true, Proxy: null })
        {
            return;
        }

        if (state.Settings.Egress is { IsPublic: true })
        {
            handler.UseProxy = false;
        }
        else
        {
            handler.Proxy = new EgressProxy(state);
        }
    }

    private static SocketsHttpHandler Create(AmbassadorNetworkOptions options, ClientCertificateSource certificate)
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
            PooledConnectionLifetime = options.PooledConnectionLifetime * Jitter.Factor(options.PooledConnectionLifetimeJitter, Random.Shared),
            UseCookies = options.UseCookies,
        };
        handler.SslOptions.EnabledSslProtocols = options.SslProtocols;
        if (certificate is { IsConfigured: true })
        {
            handler.SslOptions.LocalCertificateSelectionCallback = new ShownCertificate(certificate).Select;
        }

        return handler;
    }

    /// <summary>Whether the connections below a handler show a client's certificate.</summary>
    public static bool ShowsCertificate(DelegatingHandler handler) =>
        HandlerChain.PrimaryOf(handler) is SocketsHttpHandler { SslOptions.LocalCertificateSelectionCallback.Target: ShownCertificate };

    /// <summary>Asked with each handshake.</summary>
    private sealed class ShownCertificate(ClientCertificateSource source)
    {
        public X509Certificate2 Select(object sender, string host, X509CertificateCollection local, X509Certificate? remote, string[] issuers) =>
            source.Select(host)!;
    }
}
