namespace SidecarPatterns;

/// <summary>The leave to send one request to one endpoint. Whoever was given it says how the request ended, once: <see cref="Balancer.End"/>.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Permit">The leave of its circuit; that of no epoch where it is sent to one whose circuit is open.</param>
/// <param name="At">When it was picked.</param>
/// <param name="IsCounted">Whether it was picked among several, and so is counted as under way.</param>
internal readonly record struct EndpointLease(BalancedEndpoint Endpoint, HealthPermit Permit, long At, bool IsCounted);
