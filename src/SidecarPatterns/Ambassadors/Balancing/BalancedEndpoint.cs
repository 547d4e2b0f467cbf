namespace SidecarPatterns;

/// <summary>One endpoint and all that is known of it: its health, what it takes, what is under way. It outlives the sets that it is in. Thread-safe.</summary>
internal sealed class BalancedEndpoint(EndpointAddress? address, int ordinal, EndpointHealth health, TimeProvider clock)
{
    private const long OnePick = 1L << 24; // Above the number of requests under way, so that to pick is one addition.
    private const long InFlightMask = OnePick - 1;
    private const double UnknownAndBusy = 1e9;

    // Written by those who hold the balancer's lock, read by all.
    private double _weight = AmbassadorBalancingConstants.Weight;
    private int _priority;
    private bool _staysIn;

    private PeakEwma _seconds;
    private long _work;
    private long _failures;
    private long _usedAt;
    private long _startsAt = long.MinValue; // Where it begins with a small part of its weight; the least number if it does not.
    private long _sparedUntil = long.MinValue;
    private double _sparedCost;

    /// <summary>Where it is; <see langword="null"/> where requests say so themselves.</summary>
    public EndpointAddress? Address => address;

    /// <summary>A number by which it can be told from the others, less than their greatest number; another one may have it once this is forgotten.</summary>
    public int Ordinal => ordinal;

    public EndpointHealth Health => health;

    /// <summary>How many requests it has at a time.</summary>
    public ConcurrencyGate Gate { get; } = new(clock);

    public double Weight => Volatile.Read(ref _weight);

    public int Priority => Volatile.Read(ref _priority);

    /// <summary>Whether requests go to it although its circuit is open, because too many others are left alone.</summary>
    public bool StaysIn
    {
        get => Volatile.Read(ref _staysIn);
        set => Volatile.Write(ref _staysIn, value);
    }

    /// <summary>Its place in the order in which those that are tripped came to be; 0 if it is not. Guarded by the balancer's lock.</summary>
    public long TrippedAs { get; set; }

    /// <summary>When it left the endpoints; <see langword="null"/> while it is among them. Guarded by the balancer's lock.</summary>
    public long? LeftAt { get; set; }

    /// <summary>How many probes of the prober succeeded in a row within an epoch of the circuit; or, if negative, failed. The prober's own.</summary>
    public (long Epoch, int InARow) Probes { get; set; }

    /// <summary>How many requests are under way, of those that were picked among several endpoints.</summary>
    public int InFlight => (int)(Volatile.Read(ref _work) & InFlightMask);

    /// <summary>How many requests were sent to it, of those that were picked among several endpoints.</summary>
    public long Picks => Volatile.Read(ref _work) >>> 24;

    /// <summary>How many of those have ended. Never less than before, also where a pick is withdrawn.</summary>
    public long Ended => Volatile.Read(ref _work) is var work ? (work >>> 24) - (work & InFlightMask) : 0;

    /// <summary>How many attempts have failed here.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>When a request was last sent to it, to about a second; 0 if none was.</summary>
    public long UsedAt => Volatile.Read(ref _usedAt);

    /// <summary>Whether anything is known of what it takes.</summary>
    public bool IsKnown => _seconds.IsKnown;

    /// <summary>Whether a request is under way that finds out what it takes: until it has ended, this is for those who have no choice.</summary>
    public bool IsBeingFoundOut => !IsKnown && InFlight > 0;

    public void Be(EndpointSpec spec)
    {
        Volatile.Write(ref _weight, spec.Weight);
        Volatile.Write(ref _priority, spec.Priority);
    }

    /// <summary>Begins with a small part of its weight, now or at a time to come.</summary>
    public void StartSlowly(long at) => Volatile.Write(ref _startsAt, at);

    /// <summary>It has recovered: what it took when it was ill says nothing.</summary>
    public void StartAnew(long now)
    {
        _seconds.Forget();
        StartSlowly(now);
    }

    /// <summary>What it takes, in seconds; a negative number if nothing is known.</summary>
    public double SecondsAt(long now, BalancingScale scale) => _seconds.Read(now, scale);

    /// <summary>
    /// The part of its weight that it has: all of it, unless it starts slowly. What is not known yet is to be found out soon, by one request.
    /// </summary>
    public double ShareAt(long now, BalancingScale scale)
    {
        var startsAt = Volatile.Read(ref _startsAt);
        if (startsAt == long.MinValue || !IsKnown)
        {
            return 1;
        }

        if (now - startsAt >= scale.SlowStartTicks)
        {
            Interlocked.CompareExchange(ref _startsAt, long.MinValue, startsAt);
            return 1;
        }

        return Math.Clamp((double)(now - startsAt) / scale.SlowStartTicks, AmbassadorBalancingConstants.SlowStartFloor, 1);
    }

    /// <summary>What is to be reckoned with here.</summary>
    /// <param name="now">The time.</param>
    /// <param name="peers">What others are like.</param>
    /// <param name="scale">The units.</param>
    public EndpointLoad LoadAt(long now, EndpointSet peers, BalancingScale scale)
    {
        var inFlight = InFlight;
        var seconds = _seconds.Read(now, scale);
        if (seconds < 0)
        {
            seconds = inFlight == 0 ? peers.MedianAt(now, scale) : UnknownAndBusy;
        }

        if (Volatile.Read(ref _sparedUntil) is var until && until != long.MinValue)
        {
            if (now < until)
            {
                seconds = Math.Max(seconds, Volatile.Read(ref _sparedCost));
            }
            else
            {
                Interlocked.CompareExchange(ref _sparedUntil, long.MinValue, until);
            }
        }

        return new EndpointLoad(seconds, inFlight, Weight * ShareAt(now, scale));
    }

    public void Enter() => Interlocked.Add(ref _work, OnePick + 1);

    public void Leave() => Interlocked.Decrement(ref _work);

    /// <summary>It was picked, and is sent nothing after all.</summary>
    public void Withdraw() => Interlocked.Add(ref _work, -(OnePick + 1));

    public void MarkUsed(long now, BalancingScale scale)
    {
        if (now - Volatile.Read(ref _usedAt) >= scale.LookAgainTicks)
        {
            Volatile.Write(ref _usedAt, now); // No more often: all cores would wait for it.
        }
    }

    public void RecordAnswer(double seconds, long now, BalancingScale scale) => _seconds.Record(seconds, now, scale);

    public void CountFailure() => Interlocked.Increment(ref _failures);

    public void RecordFailure(double seconds, TimeSpan? retryAfter, long now, BalancingScale scale) =>
        _seconds.Record(Math.Max(seconds, scale.SparedTicks(retryAfter) * scale.SecondsPerTick), now, scale);

    /// <summary>It asks for less: it is spared for as long as it says, and then starts slowly. What it takes is not forgotten meanwhile.</summary>
    public void RecordThrottle(double seconds, TimeSpan? retryAfter, long now, EndpointSet peers, BalancingScale scale)
    {
        var ticks = scale.SparedTicks(retryAfter);
        if (now + ticks > Volatile.Read(ref _sparedUntil))
        {
            Volatile.Write(ref _sparedCost, Math.Max(seconds, ticks * scale.SecondsPerTick));
            Volatile.Write(ref _sparedUntil, now + ticks);
            StartSlowly(now + ticks);
        }

        RecordAtLeast(seconds, now, peers, scale);
    }

    /// <summary>It was not waited for any longer: that it took so long can speak against it, but never for it.</summary>
    public void RecordAtLeast(double seconds, long now, EndpointSet peers, BalancingScale scale) =>
        _seconds.Raise(seconds, peers.MedianAt(now, scale), now, scale);
}
