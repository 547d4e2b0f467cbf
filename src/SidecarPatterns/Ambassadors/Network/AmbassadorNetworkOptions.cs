using System.Net;
using System.Security.Authentication;

namespace SidecarPatterns;

/// <summary>The connections of an ambassador, for the <see cref="SocketsHttpHandler"/> that it makes.</summary>
/// <remarks>Read when that handler is built.</remarks>
public sealed class AmbassadorNetworkOptions
{
    /// <summary>How long connecting may take, the TLS handshake included.</summary>
    /// <value>3 s by default; more than zero, at most 24 days.</value>
    public TimeSpan ConnectTimeout { get; set; } = AmbassadorNetworkConstants.ConnectTimeout;

    /// <summary>
    /// How long an address of a name is waited for before the next one is dialled too; the first that answers is used (RFC 8305, "Happy Eyeballs").
    /// </summary>
    /// <value>250 ms by default; from 10 ms to 24 days. An address that fails is followed by the next one at once.</value>
    public TimeSpan ConnectionAttemptDelay { get; set; } = AmbassadorNetworkConstants.ConnectionAttemptDelay;

    /// <summary>How old a connection may become, so that changes of the name's addresses are noticed.</summary>
    /// <value>2 min by default; more than zero, at most 49 days. Longer or shorter by up to <see cref="PooledConnectionLifetimeJitter"/>.</value>
    public TimeSpan PooledConnectionLifetime { get; set; } = AmbassadorNetworkConstants.PooledConnectionLifetime;

    /// <summary>The part by which that age is longer or shorter, by chance and once for each handler, so that not all clients connect anew at once.</summary>
    /// <value>0.1 by default; from 0 to 1.</value>
    public double PooledConnectionLifetimeJitter { get; set; } = AmbassadorNetworkConstants.PooledConnectionLifetimeJitter;

    /// <summary>How long a connection that is not used is kept: shorter than the usual load balancer does, which would close it under a request.</summary>
    /// <value>30 s by default; from zero to 49 days.</value>
    public TimeSpan PooledConnectionIdleTimeout { get; set; } = AmbassadorNetworkConstants.PooledConnectionIdleTimeout;

    /// <summary>Whether cookies are kept and sent, which all users of the client then share.</summary>
    /// <value><see langword="false"/> by default.</value>
    public bool UseCookies { get; set; }

    /// <summary>What bodies are decompressed from.</summary>
    /// <value><see cref="DecompressionMethods.All"/> by default. <see cref="AmbassadorContentOptions.MaxResponseSize"/> counts what comes out.</value>
    public DecompressionMethods AutomaticDecompression { get; set; } = DecompressionMethods.All;

    /// <summary>Whether HTTP/2 uses further connections when the streams of one do not suffice.</summary>
    /// <value><see langword="true"/> by default.</value>
    public bool EnableMultipleHttp2Connections { get; set; } = true;

    /// <summary>After how long without a frame an HTTP/2 connection with requests under way is pinged.</summary>
    /// <value>15 s by default; from 1 s to 24 days.</value>
    public TimeSpan KeepAlivePingDelay { get; set; } = AmbassadorNetworkConstants.KeepAlivePingDelay;

    /// <summary>How long the answer to that may take before the connection counts as broken.</summary>
    /// <value>5 s by default; from 1 s to 24 days.</value>
    public TimeSpan KeepAlivePingTimeout { get; set; } = AmbassadorNetworkConstants.KeepAlivePingTimeout;

    /// <summary>After how long without traffic TCP looks whether the other side is there.</summary>
    /// <value>30 s by default; from 1 s to 24 days, in whole seconds.</value>
    public TimeSpan TcpKeepAlive { get; set; } = AmbassadorNetworkConstants.TcpKeepAlive;

    /// <summary>The versions of TLS.</summary>
    /// <value><see cref="SslProtocols.Tls12"/> and <see cref="SslProtocols.Tls13"/> by default.</value>
    public SslProtocols SslProtocols { get; set; } = AmbassadorNetworkConstants.Protocols;

    /// <summary>How large the headers of a response may be, in kilobytes.</summary>
    /// <value>64 by default; from 1 to 1,048,576.</value>
    public int MaxResponseHeadersLength { get; set; } = AmbassadorNetworkConstants.MaxResponseHeadersLength;

    /// <summary>How long a request with <c>Expect: 100-continue</c> waits for the server's word before it sends its body all the same.</summary>
    /// <value>1 s by default; from zero to 24 days.</value>
    public TimeSpan Expect100ContinueTimeout { get; set; } = AmbassadorNetworkConstants.Expect100ContinueTimeout;
}
