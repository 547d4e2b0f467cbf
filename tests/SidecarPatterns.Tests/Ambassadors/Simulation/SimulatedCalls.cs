namespace SidecarPatterns.Tests;

/// <summary>A program of calls, drawn at random: options, servers, and when each call begins.</summary>
internal sealed class SimulatedCalls
{
    public const int Count = 100;

    private readonly int _seed;
    private readonly TimeSpan _slowest;
    private readonly Action<AmbassadorOptions> _configure;

    public SimulatedCalls(int seed)
    {
        _seed = seed;
        var random = new Random(seed);
        AreConcurrent = random.Next(2) == 0;
        Endpoints = random.Next(4) switch { 0 => 1, 1 => 2, 2 => 3, _ => 7 };

        // Calls that go on at the same time are not held up until their time is over: of two that end at the same look at the clock, either may be first.
        var attemptTimeout = TimeSpan.FromMilliseconds(AreConcurrent ? 10_000 : random.Next(3) == 0 ? random.Next(40, 90) : random.Next(120, 900));
        var timeout = AreConcurrent ? TimeSpan.FromSeconds(30) : attemptTimeout * (1 + (4 * random.NextDouble()));
        _slowest = AreConcurrent ? TimeSpan.FromMilliseconds(400) : attemptTimeout * 1.5;
        var breaker = (MinimumAttempts: random.Next(5, 40), InARow: random.Next(3, 8), ToClose: random.Next(1, 4));
        var (attempts, capacity) = (random.Next(8) == 0 ? 1 : random.Next(2, 6), random.Next(3) == 0 ? random.Next(0, 5) : 30);
        var limit = random.Next(AreConcurrent ? 2 : 6) == 0 ? random.Next(1, 5) : (int?)null;
        var hedge = random.Next(3) switch { 0 => TimeSpan.FromMilliseconds(random.Next(25, 90)), 1 => (TimeSpan?)TimeSpan.FromMilliseconds(50), _ => null };
        var samples = random.Next(2) == 0 ? 5 : 1_000_000;
        var longestRetryAfter = random.Next(2) == 0 ? TimeSpan.FromSeconds(3) : TimeSpan.FromHours(1);
        _configure = options =>
        {
            (options.Timeout, options.AttemptTimeout, options.CancellationGrace) = (timeout, attemptTimeout, TimeSpan.FromDays(1));
            (options.Retry.MaxAttempts, options.Retry.MaxRetryAfter, options.RetryBudget.Capacity) = (attempts, longestRetryAfter, capacity);
            (options.CircuitBreaker.MinimumAttempts, options.CircuitBreaker.FailuresInARow, options.CircuitBreaker.SuccessesToClose) = breaker;
            options.Concurrency.Limit = limit;
            (options.Hedging.Enabled, options.Hedging.Delay, options.Hedging.MinimumSamples) = (hedge is not null, hedge ?? options.Hedging.Delay, samples);
            (options.Hedging.MinDelay, options.Hedging.MaxLoad) = (TimeSpan.FromMilliseconds(25), 0.5); // Further apart than two looks at the clock.
        };
    }

    /// <summary>Whether calls begin while others are under way; otherwise one begins when the one before has ended.</summary>
    public bool AreConcurrent { get; }

    public int Endpoints { get; }

    public void Configure(AmbassadorOptions options) => _configure(options);

    /// <summary>The chance of the ambassador.</summary>
    public CountedRandom NewChance() => new(_seed + 1);

    /// <summary>What the servers do, from the beginning.</summary>
    public ServerScript[] NewScripts() => [.. Enumerable.Range(0, Endpoints).Select(server => new ServerScript(new Random((_seed * 100) + server), _slowest))];

    /// <summary>How long after the call before each one begins: after its beginning, or its end. Now and then so long that a circuit forgets.</summary>
    public IReadOnlyList<TimeSpan> NewGaps()
    {
        var random = new Random(_seed + 2);
        return
        [
            .. Enumerable.Range(0, Count).Select(_ => random.Next(20) switch
            {
                0 => TimeSpan.FromSeconds(12 * random.NextDouble()),
                1 when random.Next(4) == 0 => TimeSpan.FromSeconds(90 * random.NextDouble()),
                _ => TimeSpan.FromMilliseconds((AreConcurrent ? 20 : 100) * random.NextDouble()),
            }),
        ];
    }
}
