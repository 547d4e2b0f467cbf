namespace SidecarPatterns;

/// <summary>
/// Decides what a dispatcher that found the queue empty does before it sleeps: waking it costs far more than handling a message, and a dispatcher
/// right behind its publishers slows them down by taking the very cache lines that they write.
/// </summary>
/// <remarks>
/// After a run of a few messages it pauses, in proportion: longer while runs stay short, shorter once they are long, so that publisher and
/// dispatcher alternate; but not where publishers wait for a reply, for they can not write ahead. Then it may linger for some turns of the
/// thread pool: fewer after each time that it did so in vain, for among thousands of sidecars it is long until one has its turn again, and
/// more after one that was worth it. After a shorter run it sleeps at once: being idle costs nothing.
/// </remarks>
internal struct IdlePolicy
{
    private const int RunWorthPausing = 4;
    private const int RunWorthLingering = 8;
    private const int MaxTargetRun = 64;
    private const int MaxPause = 32;
    private const int MinTurns = 2;
    private const int MaxTurns = 64;

    private readonly int _targetRun;
    private readonly int _maxPause;
    private int _pause;
    private int _turns;
    private int _taken;

    public IdlePolicy(int capacity, bool pauses)
    {
        _targetRun = Math.Min(MaxTargetRun, capacity / 4);
        _maxPause = pauses ? Math.Min(MaxPause, (capacity / 32) + 1) : 0;
        _pause = 1;
        _turns = MaxTurns;
    }

    public void CountTaken() => _taken++;

    /// <summary>The queue is empty: pauses if the last run was worth it, and says how many turns of the thread pool to look again before sleeping.</summary>
    public int TurnsToLinger()
    {
        var run = _taken;
        _taken = 0;
        if (run < RunWorthPausing)
        {
            _pause = 1;
            return 0;
        }

        if (run < _targetRun)
        {
            _pause = Math.Min(_pause * 2, _maxPause);
        }
        else if (run > 2 * _targetRun)
        {
            _pause = Math.Max(_pause / 2, 1);
        }

        Thread.SpinWait(Math.Min(_pause, _maxPause));
        return run >= RunWorthLingering ? _turns : 0;
    }

    /// <summary>It has lingered.</summary>
    /// <param name="wasWorthIt">Whether there is a message now.</param>
    public void EndLingering(bool wasWorthIt) => _turns = wasWorthIt ? Math.Min(_turns * 2, MaxTurns) : Math.Max(_turns / 2, MinTurns);
}
