namespace SidecarPatterns;

/// <summary>One server, and what is known of it. It outlives options and handlers.</summary>
internal sealed class Endpoint(EndpointHealth health, TimeProvider clock)
{
    /// <summary>Whether requests are let through to it.</summary>
    public EndpointHealth Health => health;

    /// <summary>How many it has at a time.</summary>
    public ConcurrencyGate Gate { get; } = new(clock);
}
