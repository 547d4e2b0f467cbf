using System.Collections.Concurrent;

namespace SidecarPatterns;

/// <content>The endpoints of a client that names none: each host that is called is one, so that the failures of one keep nobody from another.</content>
internal sealed partial class Balancer
{
    // When there are too many, an eighth of them goes at once, those first that were called longest ago: most calls that bring a new host find room.
    private const int PartToForget = 8;

    private readonly ConcurrentDictionary<HostKey, BalancedEndpoint> _hosts = new();

    /// <summary>Asks the circuit of the host that a request goes to.</summary>
    public bool TryPickHost(Uri address, long now, PickPurpose purpose, TimeSpan? probeTimeout, out EndpointLease lease, out TimeSpan? retryAfter)
    {
        var key = new HostKey(address.IdnHost, address.Port, address.Scheme == Uri.UriSchemeHttps);
        if (!_hosts.TryGetValue(key, out var host))
        {
            host = AddHost(key);
        }

        host.MarkUsed(now, Scale); // Whoever asks for it has it remembered, also while its circuit is open.
        return TryPickSingle(host, now, purpose, probeTimeout, out lease, out retryAfter);
    }

    private BalancedEndpoint AddHost(in HostKey key)
    {
        lock (_lock)
        {
            if (_hosts.TryGetValue(key, out var existing))
            {
                return existing;
            }

            if (_hosts.Count >= _scale.Options.MaxEndpoints)
            {
                ForgetHosts();
            }

            return _hosts[key] = Make(address: null, ordinal: 0, TellOfHost);
        }
    }

    // What is forced is forced on all of them, and told once, of the endpoint that stands for them.
    private void TellOfHost(BalancedEndpoint host, CircuitState from, CircuitState to)
    {
        if (!IsForced(from) && !IsForced(to))
        {
            OnTransition?.Invoke(host, from, to);
        }
    }

    private static bool IsForced(CircuitState state) => state is CircuitState.ForcedOpen or CircuitState.ForcedClosed;

    private void ForgetHosts()
    {
        foreach (var (key, _) in _hosts.OrderBy(static host => host.Value.UsedAt).Take((_hosts.Count / PartToForget) + 1).ToList())
        {
            _hosts.TryRemove(key, out _);
        }
    }

    private readonly record struct HostKey(string Host, int Port, bool IsSecure);
}
