namespace SidecarPatterns.Benchmarks;

/// <summary>
/// The standard handler of Microsoft.Extensions.Http.Resilience by its published defaults, with service discovery inside it: another server for each attempt.
/// </summary>
/// <remarks>
/// <para>
/// Total timeout 30 s; three retries, exponential from 2 s with jitter; a breaker over the whole client; attempt timeout 10 s. A call that the breaker refuses
/// is not tried again. The limiter of 1,000 requests at a time is never reached here.
/// </para>
/// <para>
/// Source: "Build resilient HTTP apps: key development patterns", learn.microsoft.com/dotnet/core/resilience/http-resilience; the jitter is that of Polly's
/// retry (pollydocs.org/strategies/retry), "decorrelated jitter backoff V2" of Polly.Contrib.WaitAndRetry; round robin is the default of
/// Microsoft.Extensions.ServiceDiscovery.
/// </para>
/// </remarks>
internal sealed class StandardProcess(World world) : CallerProcess(world)
{
    public const int Retries = 3;

    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BackOff = TimeSpan.FromSeconds(2);

    private readonly RoundRobin _servers = new(world);
    private readonly StandardBreaker _breaker = new(world.Time);

    public override Task<bool> CallAsync() => CallAsync(Time, Random, _breaker, limit => World.Send(_servers.Next(), limit));

    /// <summary>Makes a call to whatever it is.</summary>
    public static async Task<bool> CallAsync(VirtualTime time, Random random, StandardBreaker breaker, Func<TimeSpan, Pending> send)
    {
        TimeSpan dueAt = time.Elapsed + Timeout;
        double previous = 0;
        for (int retries = 0; ; retries++)
        {
            if (!breaker.TryEnter())
                return false;

            bool isGood = (await send(Min(AttemptTimeout, dueAt - time.Elapsed))).IsGood;
            breaker.Record(isGood);
            if (isGood)
                return true;

            if (retries == Retries)
                return false;

            TimeSpan delay = BackOff * NextJitter(retries, random, ref previous);
            await time.Delay(Min(delay, dueAt - time.Elapsed));
            if (time.Elapsed >= dueAt)
                return false;
        }
    }

    private static double NextJitter(int retries, Random random, ref double previous)
    {
        double t = retries + random.NextDouble();
        double next = Math.Pow(2, t) * Math.Tanh(Math.Sqrt(4 * t));
        double delay = Math.Max(0, next - previous) / 1.4;
        previous = next;
        return delay;
    }
}
