namespace SidecarPatterns.Benchmarks;

/// <summary>
/// Retries as they are often written by hand: three attempts of 10 s, with a back-off of 200 ms that doubles. No budget, no breaker, one server after the
/// other.
/// </summary>
internal sealed class PlainProcess(World world) : CallerProcess(world)
{
    private const int Attempts = 3;

    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BackOff = TimeSpan.FromMilliseconds(200);

    private readonly RoundRobin _servers = new(world);

    public override async Task<bool> CallAsync()
    {
        for (int attempt = 1; ; attempt++)
        {
            if ((await World.Send(_servers.Next(), AttemptTimeout)).IsGood)
                return true;

            if (attempt == Attempts)
                return false;

            await Time.Delay(BackOff * Math.Pow(2, attempt - 1));
        }
    }
}
