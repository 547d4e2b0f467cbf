namespace SidecarPatterns.Benchmarks;

/// <summary>The peer: what a call costs that has one endpoint, and so a circuit alone.</summary>
internal sealed class CircuitContender : IContender
{
    private readonly EndpointHealth _health = new(TimeProvider.System, new AmbassadorCircuitBreakerOptions());

    public Task RunAsync(int messages)
    {
        long now = TimeProvider.System.GetTimestamp();
        for (int i = 0; i < messages; i++)
        {
            if (_health.TryEnter(now, null, out HealthPermit permit, out _))
                _health.Record(permit, HealthEffect.Success, now);
        }

        return Task.CompletedTask;
    }

    public void Dispose()
    {
        // Nothing is held.
    }
}
