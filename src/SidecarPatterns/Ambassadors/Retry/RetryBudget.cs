namespace SidecarPatterns;

/// <summary>A bucket of tokens, of which each further attempt takes one. It never makes anybody wait.</summary>
/// <remarks>
/// Thread-safe. What calls put in is worked out from their number when a token is asked for, so that a call that needs none pays nothing.
/// Source: <c>RetryBudget</c> of Finagle.
/// </remarks>
internal sealed class RetryBudget(TimeProvider clock, AmbassadorRetryBudgetOptions options)
{
    // Ten tenths are a bit less than one.
    private const double Token = 1 - 1e-9;

    private readonly Lock _lock = new();
    private readonly List<Func<long>> _members = [];
    private AmbassadorRetryBudgetOptions _options = options;
    private double _tokens = options.Capacity;
    private long _filledAt = clock.GetTimestamp();
    private long _calls;

    /// <summary>Whether it never has a token.</summary>
    public bool IsClosed => Volatile.Read(ref _options).Capacity == 0;

    /// <summary>How many tokens there are.</summary>
    public double Left
    {
        get
        {
            lock (_lock)
            {
                Fill();
                return Math.Max(0, _tokens);
            }
        }
    }

    /// <summary>Adds an ambassador that draws on it.</summary>
    /// <param name="countOfFirstAttempts">How many calls it has made, from now on never less; called under the lock, so it must not come back here.</param>
    /// <returns>Whether it is the first, whose settings hold.</returns>
    public bool Join(Func<long> countOfFirstAttempts)
    {
        lock (_lock)
        {
            Fill();
            _members.Add(countOfFirstAttempts);
            _calls += countOfFirstAttempts();
            return _members.Count == 1;
        }
    }

    /// <summary>Takes new options. What there is stays, up to the new capacity.</summary>
    public void Apply(AmbassadorRetryBudgetOptions options)
    {
        lock (_lock)
        {
            Fill();
            _options = options;
            _tokens = Math.Min(_tokens, options.Capacity);
        }
    }

    /// <summary>Takes a token, if there is one.</summary>
    /// <param name="reserve">The part of the capacity that is to be left.</param>
    public bool TryWithdraw(double reserve = 0)
    {
        lock (_lock)
        {
            Fill();
            if (_tokens < Token + (reserve * _options.Capacity))
            {
                return false;
            }

            _tokens--;
            return true;
        }
    }

    /// <summary>Puts a token back: the attempt was not made, or was worth it.</summary>
    public void Refund()
    {
        lock (_lock)
        {
            _tokens = Math.Min(_tokens + 1, _options.Capacity);
        }
    }

    private void Fill()
    {
        var now = clock.GetTimestamp();
        var calls = _members.Sum(static count => count());
        var deposit = ((calls - _calls) * _options.DepositPerCall) + (clock.GetElapsedTime(_filledAt, now).TotalSeconds * _options.DepositPerSecond);
        _tokens = Math.Min(_tokens + Math.Max(0, deposit), _options.Capacity);
        (_calls, _filledAt) = (calls, now);
    }
}
