namespace SidecarPatterns.Benchmarks;

/// <summary>
/// Polly's circuit breaker by the defaults of the standard handler: opens for 5 s when a tenth of at least 100 executions within 30 s has failed.
/// </summary>
/// <remarks>
/// When the break is over, the next execution is a trial: it closes or opens. A result counts in whatever state it comes.
/// Source: pollydocs.org/strategies/circuit-breaker; the sampling is in ten windows.
/// </remarks>
internal sealed class StandardBreaker(VirtualTime time)
{
    private const double FailureRatio = 0.1;
    private const int MinimumThroughput = 100;
    private const int Windows = 10;

    private static readonly TimeSpan WindowLength = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Break = TimeSpan.FromSeconds(5);

    private readonly (long Number, int Good, int Failed)[] _windows = new (long, int, int)[Windows];
    private State _state;
    private TimeSpan _openUntil;

    private enum State
    {
        Closed,
        Open,
        HalfOpen,
    }

    public bool TryEnter()
    {
        if (_state == State.Closed)
            return true;

        if (time.Elapsed < _openUntil)
            return false;

        // While a trial is under way others are refused, for the length of a break at most.
        _state = State.HalfOpen;
        _openUntil = time.Elapsed + Break;
        return true;
    }

    public void Record(bool isGood)
    {
        Count(isGood);
        if (_state == State.HalfOpen && isGood)
        {
            _state = State.Closed;
            Array.Clear(_windows);
        }
        else if (_state == State.HalfOpen || (_state == State.Closed && !isGood && IsBad()))
        {
            _state = State.Open;
            _openUntil = time.Elapsed + Break;
        }
    }

    private void Count(bool isGood)
    {
        long number = time.Elapsed.Ticks / WindowLength.Ticks;
        ref var window = ref _windows[number % Windows];
        if (window.Number != number)
            window = (number, 0, 0);

        if (isGood)
            window.Good++;
        else
            window.Failed++;
    }

    private bool IsBad()
    {
        long oldest = (time.Elapsed.Ticks / WindowLength.Ticks) - Windows + 1;
        int good = 0, failed = 0;
        foreach (var window in _windows)
        {
            if (window.Number >= oldest)
            {
                good += window.Good;
                failed += window.Failed;
            }
        }

        return good + failed >= MinimumThroughput && failed >= FailureRatio * (good + failed);
    }
}
