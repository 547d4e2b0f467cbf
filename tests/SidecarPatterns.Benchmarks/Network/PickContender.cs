namespace SidecarPatterns.Benchmarks;

/// <summary>Picks an endpoint and ends the request, again and again; requests take from one to five milliseconds of a clock that runs along.</summary>
internal sealed class PickContender : IContender
{
    private const int Ticks = 3_000; // Of ten million a second, between two requests.

    private readonly SteppedClock _clock = new();
    private readonly Balancer _balancer;

    public PickContender(int endpoints, bool hasWeights = false)
    {
        _balancer = new Balancer(_clock, new AmbassadorBalancingOptions(), new AmbassadorCircuitBreakerOptions());
        _balancer.Replace(Enumerable.Range(0, endpoints).Select(i => new EndpointSpec(
            new EndpointAddress(new Uri($"http://10.{i / 65_536}.{i / 256 % 256}.{i % 256}/")), hasWeights ? 1 + (i % 5) : 1)));
    }

    public Task RunAsync(int messages)
    {
        for (int i = 0; i < messages; i++)
        {
            _clock.Now += Ticks;
            if (!_balancer.TryPick(_clock.Now, PickPurpose.Attempt, default, null, out EndpointLease lease, out _))
                throw new InvalidOperationException("There is always one.");

            _clock.Now += 10_000 * (1 + (i % 5));
            _balancer.EndGood(lease, _clock.Now);
        }

        return Task.CompletedTask;
    }

    public void Dispose()
    {
        // Nothing is held.
    }

    private sealed class SteppedClock : TimeProvider
    {
        public long Now { get; set; } = TimeSpan.FromDays(1).Ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now;
    }
}
