namespace SidecarPatterns;

/// <summary>One run of a program's threads, of which one goes on at a time; at each access to what they share the chooser says who.</summary>
internal sealed class Schedule
{
    /// <summary>A program that takes more steps than this does not end.</summary>
    private const int MaxSteps = 20_000;

    [ThreadStatic]
    private static ScheduledThread? _current;

    [ThreadStatic]
    private static Schedule? _schedule;

    private readonly IChooser _chooser;
    private readonly ScheduledThread[] _threads;
    private readonly List<int> _trace = [];
    private readonly SemaphoreSlim _end = new(0);
    private Exception? _failure;
    private bool _isAbandoned;
    private int _steps;

    private Schedule(IChooser chooser, int threads)
    {
        _chooser = chooser;
        _threads = [.. Enumerable.Range(0, threads).Select(static number => new ScheduledThread(number))];
    }

    /// <summary>The thread of a schedule that is running here.</summary>
    public static ScheduledThread? Current => _current;

    /// <summary>Runs threads to their end.</summary>
    /// <exception cref="ScheduleException">They came to no end, or one of them threw.</exception>
    public static void Run(IChooser chooser, IReadOnlyList<Action> actions)
    {
        var schedule = new Schedule(chooser, actions.Count);
        Thread[] threads = [.. actions.Select((action, number) => new Thread(() => schedule.RunThread(number, action)) { IsBackground = true })];
        foreach (var thread in threads)
        {
            thread.Start();
        }

        schedule.PassOn(from: null);
        schedule._end.Wait();
        foreach (var thread in threads)
        {
            thread.Join();
        }

        if (schedule._failure is { } failure)
        {
            throw new ScheduleException($"{failure.Message} The threads' turns were {string.Join(' ', schedule._trace)}.", failure);
        }
    }

    /// <summary>Another thread may go on here.</summary>
    public static void Point()
    {
        if (_current is { } me)
        {
            _schedule!.PointOf(me);
        }
    }

    /// <summary>Another thread goes on here, if one can.</summary>
    /// <returns>Whether this is a schedule.</returns>
    public static bool Yield()
    {
        if (_current is not { } me)
        {
            return false;
        }

        _schedule!.YieldOf(me);
        return true;
    }

    /// <summary>Others go on until something is so.</summary>
    public static void Until(Func<bool> condition)
    {
        var me = _current ?? throw new InvalidOperationException("Only a thread of a schedule waits.");
        if (!Look(condition))
        {
            me.Until = condition;
            _schedule!.HandOver(me);
            me.Until = null;
        }
    }

    // What others wait for is looked at without giving up the turn.
    private static bool Look(Func<bool> condition)
    {
        var me = _current;
        _current = null;
        try
        {
            return condition();
        }
        finally
        {
            _current = me;
        }
    }

    private void RunThread(int number, Action action)
    {
        var me = _threads[number];
        me.AwaitTurn();
        try
        {
            if (!_isAbandoned)
            {
                (_current, _schedule) = (me, this);
                action();
            }
        }
#pragma warning disable CA1031 // It is told by the one who ran the schedule.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Abandon(exception);
        }

        _current = null;
        me.HasEnded = true;
        PassOn(me);
    }

    private void PointOf(ScheduledThread me)
    {
        Step();
        var others = FindOthers(me);
        if (others.Count > 0 && _chooser.ChooseAtPoint(others.Count) is > 0 and var chosen)
        {
            Switch(me, others[chosen - 1]);
        }
    }

    private void YieldOf(ScheduledThread me)
    {
        Step();
        var others = FindOthers(me);
        if (others.Count > 0)
        {
            // The one who has not gone on for longest: two that spin would else go on with each other for ever.
            Switch(me, others.MinBy(static thread => thread.LastTurn)!);
        }
    }

    private void HandOver(ScheduledThread me)
    {
        Step();
        var others = FindOthers(me);
        if (others.Count == 0)
        {
            throw new ScheduleException($"Thread {me.Number} waits, and nobody can go on.");
        }

        Switch(me, others[_chooser.ChooseOne(others.Count)]);
    }

    private void Step()
    {
        if (_isAbandoned || ++_steps > MaxSteps)
        {
            throw new ScheduleException("It does not end.");
        }
    }

    private List<ScheduledThread> FindOthers(ScheduledThread? me)
    {
        var current = _current;
        _current = null;
        var others = _threads.Where(thread => thread != me && thread.CanGoOn).ToList();
        _current = current;
        return others;
    }

    private void Switch(ScheduledThread me, ScheduledThread next)
    {
        Begin(next);
        me.AwaitTurn();
        if (_isAbandoned)
        {
            throw new ScheduleException("Another thread has failed.");
        }
    }

    private void Begin(ScheduledThread next)
    {
        _trace.Add(next.Number);
        next.LastTurn = ++_steps;
        next.GiveTurn();
    }

    /// <summary>A thread has ended, or none has begun: the next one goes on.</summary>
    private void PassOn(ScheduledThread? from)
    {
        var others = FindOthers(from);
        if (others.Count > 0)
        {
            var next = _isAbandoned ? others[0] : others[_chooser.ChooseOne(others.Count)];
            Begin(next);
        }
        else if (Array.Find(_threads, static thread => !thread.HasEnded) is { } stuck)
        {
            Abandon(new ScheduleException($"Thread {stuck.Number} waits, and nobody can go on."));
            stuck.GiveTurn();
        }
        else
        {
            _end.Release();
        }
    }

    private void Abandon(Exception failure)
    {
        _failure ??= failure;
        _isAbandoned = true;
        foreach (var thread in _threads)
        {
            thread.Until = null;
        }
    }
}
