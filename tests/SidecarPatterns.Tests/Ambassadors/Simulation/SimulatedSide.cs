using SidecarPatterns.Benchmarks;

namespace SidecarPatterns.Tests;

/// <summary>Makes the calls of a program with the simulation's ambassador.</summary>
internal sealed class SimulatedSide : IWorld
{
    private static readonly AsyncLocal<CallTrace> Current = new();

    // Less than this has a timer of its own; what has more is noticed when the scanner looks.
    private static readonly TimeSpan ShortTime = TimeSpan.FromMilliseconds(100);

    private readonly SimulatedCalls _calls;
    private readonly ServerScript[] _scripts;
    private readonly IReadOnlyList<TimeSpan> _gaps;
    private readonly AmbassadorProcess _process;
    private readonly CountedRandom _chance;
    private readonly long _origin;
    private readonly List<TimeSpan> _waitedFor = []; // When it is over.
    private readonly List<(Moment Moment, int Begun)> _moments = [];
    private CallTrace? _acting; // The call that something is going on with just now.
    private int _due; // How much that was waited for is over just now.
    private int _begun;
    private int _sent;
    private int _ended;
    private bool _hasHappened;

    public SimulatedSide(SimulatedCalls calls)
    {
        _calls = calls;
        _scripts = calls.NewScripts();
        _gaps = calls.NewGaps();
        _chance = calls.NewChance();
        _origin = Time.Now;
        _process = new AmbassadorProcess(this, calls.Configure);
        Traces = [.. _gaps.Select(static _ => new CallTrace())];
    }

    public VirtualTime Time { get; } = new();

    public Random Random => _chance;

    public int Known => _calls.Endpoints;

    public IReadOnlyList<CallTrace> Traces { get; }

    /// <summary>Whether two things happened at the same time, of which nobody knows which is first: there the program ends.</summary>
    public bool IsAmbiguous { get; private set; }

    /// <summary>Makes all calls.</summary>
    /// <returns>Each time at which something happened, and how many calls had begun then.</returns>
    public IReadOnlyList<(Moment Moment, int Begun)> Run()
    {
        BeginNext();
        while (_ended < _gaps.Count && Time.Step() && !(IsAmbiguous |= _due > 1))
        {
            if (_hasHappened)
            {
                (_hasHappened, _acting, _due) = (false, null, 0);
                _moments.Add((Look(), _begun));
            }
        }

        return _moments;
    }

    public Pending Send(int server, TimeSpan limit)
    {
        Act();
        var pending = new Pending();
        var end = _scripts[server].Next();
        Current.Value!.Sent.Add((server, Time.Elapsed));
        Current.Value.UnderWay = pending;
        _sent++;
        if (end.Delay == TimeSpan.Zero)
        {
            pending.Complete(end.Simulated);
            return pending;
        }

        WaitFor(end.Delay, pending);
        Time.After(end.Delay, () => pending.Complete(end.Simulated));
        var noticed = WhenNoticed(limit);
        if (limit < ShortTime)
        {
            var own = TimerTime.Of(limit);
            WaitFor(own, pending);
            noticed = own < noticed ? own : noticed;
        }

        Time.After(noticed, () => pending.Complete(new AttemptEnd(AttemptClass.Unknown, IsTimeout: true)));
        return pending;
    }

    public Pending Delay(TimeSpan delay)
    {
        var whole = TimerTime.Of(delay);
        var pending = Time.Delay(whole);
        WaitFor(whole, pending, unless: Current.Value!.UnderWay);
        return pending;
    }

    private void BeginNext() => Time.After(_gaps[_begun], () =>
    {
        var trace = Traces[_begun++];
        _ = CallAsync(trace);
        if (_calls.AreConcurrent && _begun < _gaps.Count)
        {
            BeginNext();
        }
    });

    private async Task CallAsync(CallTrace trace)
    {
        Current.Value = trace;
        Act();
        trace.IsGood = await _process.CallAsync();
        trace.EndedAt = Time.Elapsed;
        _ended++;
        Act();
        if (!_calls.AreConcurrent && _begun < _gaps.Count)
        {
            BeginNext();
        }
    }

    private void Act()
    {
        IsAmbiguous |= _acting is not null && _acting != Current.Value;
        (_hasHappened, _acting) = (true, Current.Value);
    }

    /// <summary>Remembers what is waited for: until it is over, or has no purpose any more.</summary>
    private void WaitFor(TimeSpan delay, Pending pending, Pending? unless = null)
    {
        var due = Time.Elapsed + delay;
        var isOver = false;
        _waitedFor.Add(due);
        pending.OnCompleted(End);
        if (unless is { IsCompleted: false })
        {
            unless.OnCompleted(End);
        }

        void End()
        {
            if (!isOver)
            {
                isOver = _waitedFor.Remove(due);
                _due += due == Time.Elapsed ? 1 : 0;
                _hasHappened = true;
            }
        }
    }

    /// <summary>When the scanner, which looks in steps from the beginning on, finds that a time is over.</summary>
    private TimeSpan WhenNoticed(TimeSpan limit)
    {
        var period = DeadlineScanner.Period.Ticks;
        var due = (Time.Elapsed + limit).Ticks;
        return TimeSpan.FromTicks((due + period - 1) / period * period) - Time.Elapsed;
    }

    private Moment Look() =>
        Moment.Of(
            Time,
            _origin,
            _sent,
            _ended,
            [.. _waitedFor.Select(due => due - Time.Elapsed).Order()],
            _chance.Draws,
            _process.HedgeDelay,
            _process.Budget,
            _process.Balancer);
}
