using System.Security.Authentication;

namespace SidecarPatterns;

/// <summary>The defaults and limits of <see cref="AmbassadorNetworkOptions"/>.</summary>
internal static class AmbassadorNetworkConstants
{
    public const double PooledConnectionLifetimeJitter = 0.1;
    public const int MaxResponseHeadersLength = 64;
    public const int MaxMaxResponseHeadersLength = 1024 * 1024;
    public const SslProtocols Protocols = SslProtocols.Tls12 | SslProtocols.Tls13;

    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(3);
    public static readonly TimeSpan ConnectionAttemptDelay = TimeSpan.FromMilliseconds(250);
    public static readonly TimeSpan MinConnectionAttemptDelay = TimeSpan.FromMilliseconds(10);
    public static readonly TimeSpan PooledConnectionLifetime = TimeSpan.FromMinutes(2);
    public static readonly TimeSpan PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan KeepAlivePingDelay = TimeSpan.FromSeconds(15);
    public static readonly TimeSpan KeepAlivePingTimeout = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan TcpKeepAlive = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan Expect100ContinueTimeout = TimeSpan.FromSeconds(1);

    /// <summary>What <see cref="SocketsHttpHandler"/> takes.</summary>
    public static readonly TimeSpan MaxDuration = TimeSpan.FromDays(24);
    public static readonly TimeSpan MinPing = TimeSpan.FromSeconds(1);
}
