namespace SidecarPatterns.Tests;

/// <summary>A source that always has the same endpoints.</summary>
internal sealed class FixedSource(params string[] addresses) : IEndpointSource
{
    public ValueTask<AmbassadorEndpointSet> GetEndpointsAsync(CancellationToken ct) =>
        new(new AmbassadorEndpointSet(addresses.Select(static address => new AmbassadorEndpoint(address))));
}
