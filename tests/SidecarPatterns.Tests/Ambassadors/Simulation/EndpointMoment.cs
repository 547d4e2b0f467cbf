namespace SidecarPatterns.Tests;

/// <summary>What is to be seen of an endpoint at one time.</summary>
/// <param name="Circuit">How its circuit stands.</param>
/// <param name="Since">Since when.</param>
/// <param name="Left">How long the break goes on.</param>
/// <param name="StaysIn">Whether requests go to it although its circuit is open.</param>
/// <param name="InFlight">How many requests are under way.</param>
/// <param name="Picks">How many were sent.</param>
/// <param name="Failures">How many of them failed.</param>
/// <param name="Ejections">How often its circuit has opened that was closed.</param>
/// <param name="Seconds">What it takes.</param>
internal sealed record EndpointMoment(
    CircuitState Circuit, TimeSpan Since, TimeSpan? Left, bool StaysIn, int InFlight, long Picks, long Failures, long Ejections, double Seconds)
{
    public static EndpointMoment Of(BalancedEndpoint endpoint, TimeProvider clock, long origin, long now, BalancingScale scale)
    {
        var circuit = endpoint.Health.Read();
        return new EndpointMoment(
            circuit.State,
            clock.GetElapsedTime(origin, circuit.Since),
            circuit.RetryAfter,
            endpoint.StaysIn,
            endpoint.InFlight,
            endpoint.Picks,
            endpoint.Failures,
            endpoint.Health.Ejections,
            endpoint.SecondsAt(now, scale));
    }
}
