namespace SidecarPatterns.Tests;

/// <summary>What becomes of calls, one after the other: retry, budget and circuit as the specification has them, written down plainly. All jitter is none.</summary>
internal sealed class CallModel(AmbassadorOptions options, long now)
{
    private readonly HealthModel _health = new(options.CircuitBreaker, now);
    private double _tokens = options.RetryBudget.Capacity;
    private long _filledAt = now;

    public CircuitState Circuit => _health.State;

    /// <summary>Makes a call.</summary>
    /// <param name="isIdempotent">Whether it may be sent twice.</param>
    /// <param name="plan">How its attempts end.</param>
    /// <param name="now">The time.</param>
    /// <returns>How many attempts it takes, the waits before each further one, and what its caller sees: a status, 0 for an exception, -1 for a refusal.</returns>
    public (int Attempts, List<TimeSpan> Waits, int Result) Call(bool isIdempotent, IReadOnlyList<PlannedEnd> plan, long now)
    {
        var dueAt = now + options.Timeout.Ticks;
        var waits = new List<TimeSpan>();
        var held = 0;
        if (_health.TryEnter(now) is not { } permit)
        {
            return (0, waits, -1);
        }

        for (var attempts = 1; ; attempts++)
        {
            var end = plan[attempts - 1];
            _health.Record(permit, end.Effect, now, end.Status == 503 ? end.RetryAfter : null);
            if (attempts == 1)
            {
                _tokens = Math.Min(_tokens + options.RetryBudget.DepositPerCall, options.RetryBudget.Capacity);
            }
            else if (end.IsGood)
            {
                _tokens = Math.Min(_tokens + 1, options.RetryBudget.Capacity);
            }

            var wait = end.RetryAfter ?? TimeSpan.Zero;
            var result = end.Status != 0 ? end.Status : held;
            if (!MayRetry(isIdempotent, end, attempts) || wait > TimeSpan.FromTicks(dueAt - now) - options.MinAttemptTime
                || (Circuit == CircuitState.Open && _health.OpenUntil > now + wait.Ticks) || !TryWithdraw(now))
            {
                return (attempts, waits, result);
            }

            held = end.Status != 0 ? end.Status : held; // It is kept until there is a better one.
            now += wait.Ticks;
            permit = _health.TryEnter(now) ?? throw new InvalidOperationException("One call at a time is always let through after a wait that fits.");
            waits.Add(wait);
        }
    }

    private static bool MayRetry(bool isIdempotent, PlannedEnd end, int attempts) =>
        attempts < 3 && end.IsRetryable && (isIdempotent || end.IsUnsent);

    private bool TryWithdraw(long now)
    {
        _tokens = Math.Min(_tokens + (TimeSpan.FromTicks(now - _filledAt).TotalSeconds * options.RetryBudget.DepositPerSecond), options.RetryBudget.Capacity);
        _filledAt = now;
        if (_tokens < 1 - 1e-9)
        {
            return false;
        }

        _tokens--;
        return true;
    }
}

/// <summary>How an attempt ends: with a status, or with an exception.</summary>
internal sealed record PlannedEnd(int Status, HttpRequestError Error = default, TimeSpan? RetryAfter = null)
{
    public bool IsGood => Status is 200 or 404;

    public bool IsUnsent => Error == HttpRequestError.ConnectionError;

    public bool IsRetryable => !IsGood && Error != HttpRequestError.UserAuthenticationError;

    public HealthEffect Effect => IsGood ? HealthEffect.Success
        : Status == 429 || Error == HttpRequestError.UserAuthenticationError ? HealthEffect.Neutral
        : HealthEffect.Failure;
}
