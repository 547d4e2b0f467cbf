namespace SidecarPatterns.Benchmarks;

/// <summary>A server: so many requests at a time, the others wait, and when too many do the next one is refused.</summary>
/// <remarks>
/// Five at a time of 40 ms each are 125 requests a second. Under load it becomes slower, as servers do by switching, by collecting memory, by cold caches: half
/// as slow again when its queue is full. What nobody waits for any more is worked on all the same, since a server seldom learns that in time. It is by these
/// two that a load which was no problem before becomes one for good.
/// </remarks>
internal sealed class SimulatedServer(VirtualTime time, Random random)
{
    public const int Workers = 5;
    public const int MaxWaiting = 500;

    /// <summary>How much slower it is when its queue is full.</summary>
    public const double Strain = 0.5;

    /// <summary>How many times as long a request takes at first on a server that is cold, and on one that is stuck.</summary>
    public const double Cold = 5;
    public const double Stuck = 10;

    public static readonly TimeSpan WorkTime = TimeSpan.FromMilliseconds(40);
    public static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Network = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan DownTime = TimeSpan.FromMilliseconds(5);

    private readonly Queue<Pending> _waiting = new();
    private int _working;
    private TimeSpan? _startedAt;

    /// <summary>How many requests a server can answer in a second, at best.</summary>
    public static double Capacity => Workers / WorkTime.TotalSeconds;

    public ServerState State { get; private set; }

    public void Become(ServerState state)
    {
        State = state;
        while (state == ServerState.Down && _waiting.TryDequeue(out Pending? pending))
            pending.Complete(new AttemptEnd(AttemptClass.Failed));
    }

    /// <summary>It has just been started, and is slow as long as nothing is compiled and cached.</summary>
    public void StartCold() => _startedAt = time.Elapsed;

    public void Receive(Pending request)
    {
        if (State == ServerState.Down)
            Answer(request, AttemptClass.Failed, DownTime);
        else if (_working < Workers)
            Work(request);
        else if (_waiting.Count < MaxWaiting)
            _waiting.Enqueue(request);
        else
            Answer(request, AttemptClass.Failed, Network);
    }

    private void Work(Pending request)
    {
        _working++;
        bool isStuck = State == ServerState.Stuck;
        double slowness = (1 + (Strain * _waiting.Count / MaxWaiting)) * (isStuck ? Stuck : 1) * Coldness();
        time.After(WorkTime * (slowness * (0.5 + random.NextDouble())), () =>
        {
            _working--;
            if (_waiting.TryDequeue(out Pending? next))
                Work(next);

            Answer(request, isStuck ? AttemptClass.Failed : AttemptClass.Success, Network);
        });
    }

    private double Coldness()
    {
        double age = _startedAt is { } startedAt ? (time.Elapsed - startedAt) / WarmUp : 1;
        return age >= 1 ? 1 : Cold - ((Cold - 1) * age);
    }

    private void Answer(Pending request, AttemptClass answer, TimeSpan delay)
    {
        if (!request.IsCompleted)
            time.After(delay, () => request.Complete(new AttemptEnd(answer)));
    }
}
