namespace SidecarPatterns.Benchmarks;

/// <summary>
/// The servers of one run, and what becomes known of them. All chance comes from the seed; calls begin at the same moments whoever makes them.
/// </summary>
internal sealed class World : IWorld
{
    public const int Endpoints = 20;
    public const int Processes = 50;
    public const int CallersPerProcess = 20;

    /// <summary>How many calls all callers make in a second, at random times, unless a scenario says otherwise: one each.</summary>
    public const int CallsPerSecond = Callers;

    private const int Callers = Processes * CallersPerProcess;

    private readonly Random _arrivals;
    private readonly int _callsPerSecond;

    public World(int seed, int seconds, int endpoints = Endpoints, int callsPerSecond = CallsPerSecond)
    {
        _arrivals = new Random(seed);
        _callsPerSecond = callsPerSecond;
        Random = new Random(seed + 1);
        Servers = [.. Enumerable.Range(0, Endpoints).Select(_ => new SimulatedServer(Time, Random))];
        Known = endpoints;
        Ledger = new Ledger(seconds, Endpoints);
    }

    public VirtualTime Time { get; } = new();

    public Random Random { get; }

    public SimulatedServer[] Servers { get; }

    public int Known { get; private set; }

    public Ledger Ledger { get; }

    /// <summary>Called when clients are told of another server.</summary>
    public Action? OnKnown { get; set; }

    public void AddServer()
    {
        Servers[Known++].StartCold();
        OnKnown?.Invoke();
    }

    public Pending Send(int server, TimeSpan limit)
    {
        var pending = new Pending();
        Ledger.CountRequest(server, Time.Elapsed);
        Servers[server].Receive(pending);
        Time.After(limit, () => pending.Complete(new AttemptEnd(AttemptClass.Unknown, IsTimeout: true)));
        return pending;
    }

    /// <summary>Has the callers of processes make their calls from one second to another, and waits for all that comes of it.</summary>
    public void Run(IReadOnlyList<CallerProcess> processes, int fromSecond, int toSecond)
    {
        var end = TimeSpan.FromSeconds(toSecond);
        Time.At(TimeSpan.FromSeconds(fromSecond), Arrive);
        Time.Run();

        void Arrive()
        {
            if (Time.Elapsed >= end)
                return;

            _ = CallAsync(processes[_arrivals.Next(Callers) / CallersPerProcess]);
            Time.After(TimeSpan.FromSeconds(-Math.Log(1 - _arrivals.NextDouble()) / _callsPerSecond), Arrive);
        }
    }

    private async Task CallAsync(CallerProcess process)
    {
        TimeSpan began = Time.Elapsed;
        bool isGood;
        try
        {
            isGood = await process.CallAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // Nobody waits for this task.
            Environment.FailFast("The model of a client has thrown.", exception);
            throw;
        }

        Ledger.CountCall(began, Time.Elapsed, isGood);
    }
}
