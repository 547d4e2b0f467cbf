using System.Net;

namespace SidecarPatterns;

/// <summary>What connections are made of: names that are resolved, and addresses that are dialled.</summary>
internal interface IEgressNetwork
{
    /// <summary>Finds the addresses of a name.</summary>
    /// <param name="host">The name.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>The addresses, best first; none is in order.</returns>
    Task<IPAddress[]> ResolveAsync(string host, CancellationToken ct);

    /// <summary>Connects to an address.</summary>
    /// <param name="endPoint">The address, and the port.</param>
    /// <param name="keepAlive">After how long without traffic TCP looks whether the other side is there.</param>
    /// <param name="ct">Ends the attempt; nothing of it is left then.</param>
    /// <returns>The connection; disposing of it closes the socket.</returns>
    Task<Stream> ConnectAsync(IPEndPoint endPoint, TimeSpan keepAlive, CancellationToken ct);
}
