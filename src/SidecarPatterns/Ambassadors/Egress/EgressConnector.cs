using System.Net;
using System.Net.Sockets;

namespace SidecarPatterns;

/// <summary>
/// Makes the connections of an ambassador's primary handler: resolves the name once, judges all of its addresses, and dials what it has judged.
/// </summary>
/// <remarks>It goes by the rules of the moment. What it throws, the handler wraps: see <see cref="AmbassadorEgressException.In"/>.</remarks>
internal sealed class EgressConnector(AmbassadorState state)
{
    // Read when the handler is built, as all of the network's options.
    private readonly AmbassadorNetworkOptions _options = state.Settings.Options.Network;

    public bool Serves(AmbassadorState other) => other == state;

    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var (host, port) = (HostOf(context), context.DnsEndPoint.Port);
        var policy = state.Settings.Egress;
        if (policy is not null && IsToProxy(context))
        {
            SettleProxy(policy, host);
        }

        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await state.Network.ResolveAsync(host, ct).ConfigureAwait(false);
        if (addresses.Length == 0)
        {
            throw new SocketException((int)SocketError.NoData);
        }

        if (policy is not null)
        {
            addresses = policy.FindAllowed(state.Name, host, addresses);
        }

        return await HappyEyeballs.ConnectAsync(
            Array.ConvertAll(addresses, static address => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address), // As it was judged.
            (address, ct) => state.Network.ConnectAsync(new IPEndPoint(address, port), _options.TcpKeepAlive, ct),
            _options.ConnectionAttemptDelay,
            state.Clock,
            ct).ConfigureAwait(false);
    }

    // A tunnel is asked for by a request to the proxy itself, whose header names the target; one for web sockets over HTTP/2 names its protocol.
    private bool IsToProxy(SocketsHttpConnectionContext context)
    {
        var request = context.InitialRequestMessage;
        if (request.RequestUri is not { } uri || (request.Method == HttpMethod.Connect && request.Headers.Protocol is null))
        {
            return true;
        }

        // A connection that is made ahead may be asked for when the request has its own address again, and not that of the endpoint.
        var (host, port) = (HostOf(context), context.DnsEndPoint.Port);
        return !(port == uri.Port && host.Equals(uri.IdnHost, StringComparison.OrdinalIgnoreCase)) && !state.Endpoints.Balancer.HasEndpointAt(host, port);
    }

    // An IPv6 address has come in brackets, and without.
    private static string HostOf(SocketsHttpConnectionContext context) => context.DnsEndPoint.Host.Trim('[', ']');

    private void SettleProxy(EgressPolicy policy, string host)
    {
        if (policy.IsPublic)
        {
            throw new AmbassadorEgressException(state.Name, EgressReason.Proxy, host, "it is a proxy, behind which no address can be judged");
        }

        if (state.Told.IsNew(nameof(EgressProxy)))
        {
            AmbassadorLog.ProxyIsUsed(state.Logger, state.Name);
        }
    }
}
