namespace SidecarPatterns.Benchmarks;

/// <summary>A sidecar proxy by Envoy's published rules: round robin, outlier detection, and a retry budget.</summary>
/// <remarks>
/// <para>
/// Retries: two, as Istio has it by default (Envoy itself: one), with full jitter from 25 ms to 250 ms, within a timeout of 15 s for the whole call. At most 20
/// % of the requests under way are retries, but three may always be.
/// </para>
/// <para>
/// Outlier detection by consecutive 5xx alone: five of them eject a host for 30 s times the number of its ejections, up to 300 s; at most 10 % of the hosts are
/// ejected; a sweep every 10 s takes hosts back. Which of them comes next is not random: each host in turn.
/// </para>
/// <para>
/// Source: envoyproxy.io/docs/envoy/latest, "Outlier detection (proto)", "Circuit breakers (proto)" (RetryBudget), and "Router" (x-envoy-max-retries);
/// istio.io/latest/docs/concepts/traffic-management, "Retries".
/// </para>
/// </remarks>
internal sealed class EnvoyProcess(World world) : CallerProcess(world)
{
    private const int Retries = 2;
    private const double BudgetShare = 0.2;
    private const int MinRetryConcurrency = 3;
    private const int Consecutive5xx = 5;
    private const double MaxEjectedShare = 0.1;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan BackOff = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan MaxBackOff = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Sweep = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BaseEjection = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MaxEjection = TimeSpan.FromSeconds(300);

    private readonly RoundRobin _servers = new(world);
    private readonly Host[] _hosts = [.. Enumerable.Range(0, world.Servers.Length).Select(static _ => new Host())];
    private TimeSpan _nextSweep = Sweep * world.Random.NextDouble();
    private int _requests;
    private int _retries;
    private int _ejected;

    public override async Task<bool> CallAsync()
    {
        TimeSpan dueAt = Time.Elapsed + Timeout;
        for (int retries = 0; ; retries++)
        {
            bool isGood = await AttemptAsync(dueAt);
            if (retries > 0)
                _retries--;

            if (isGood)
                return true;

            if (retries == Retries || _retries >= Math.Max(BudgetShare * _requests, MinRetryConcurrency))
                return false;

            _retries++; // From now on: the back-off is part of it.
            await Time.Delay(Min(BackOff * (Math.Pow(2, retries + 1) - 1), MaxBackOff) * Random.NextDouble());
            if (Time.Elapsed >= dueAt)
            {
                _retries--;
                return false;
            }
        }
    }

    private async Task<bool> AttemptAsync(TimeSpan dueAt)
    {
        int server = Pick();
        _requests++;
        bool isGood = (await World.Send(server, dueAt - Time.Elapsed)).IsGood;
        _requests--;
        Host host = _hosts[server];
        host.FailuresInARow = isGood ? 0 : host.FailuresInARow + 1;
        if (host.FailuresInARow >= Consecutive5xx && host.EjectedAt is null && (_ejected == 0 || _ejected + 1 <= MaxEjectedShare * World.Known))
        {
            host.EjectedAt = Time.Elapsed;
            host.Ejections++;
            _ejected++;
        }

        return isGood;
    }

    private int Pick()
    {
        for (; Time.Elapsed >= _nextSweep; _nextSweep += Sweep)
        {
            foreach (Host host in _hosts)
                TakeBack(host);
        }

        int server = _servers.Next();
        while (_hosts[server].EjectedAt is not null)
            server = _servers.Next();

        return server;
    }

    private void TakeBack(Host host)
    {
        if (host.EjectedAt is null)
        {
            host.Ejections = Math.Max(0, host.Ejections - 1);
        }
        else if (_nextSweep >= host.EjectedAt + Min(BaseEjection * host.Ejections, MaxEjection))
        {
            host.EjectedAt = null;
            host.FailuresInARow = 0;
            _ejected--;
        }
    }

    private sealed class Host
    {
        public int FailuresInARow { get; set; }

        public TimeSpan? EjectedAt { get; set; }

        public int Ejections { get; set; }
    }
}
