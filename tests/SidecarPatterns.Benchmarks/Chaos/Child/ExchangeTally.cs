namespace SidecarPatterns.Benchmarks;

/// <summary>Counts questions by how they end, and the versions of the settings that are seen in force. Thread-safe.</summary>
internal sealed class ExchangeTally
{
    private readonly Lock _lock = new();
    private ChaosExchange _counts = new(0, 0, 0, 0, 0, 0, 0);
    private int _newest;

    public void CountQuestion() => Count(static counts => counts with { Questions = counts.Questions + 1 });

    public void CountAnswer(bool isRight) => Count(isRight
        ? static counts => counts with { Right = counts.Right + 1 }
        : static counts => counts with { Wrong = counts.Wrong + 1 });

    public void CountUnanswered() => Count(static counts => counts with { Unanswered = counts.Unanswered + 1 });

    /// <param name="version">What is in force; <see langword="null"/> if that is no version.</param>
    public void See(int? version)
    {
        lock (_lock)
        {
            _counts = _counts with
            {
                Versions = _counts.Versions + 1,
                Cut = _counts.Cut + (version is null ? 1 : 0),
                Backward = _counts.Backward + (version < _newest ? 1 : 0),
            };
            _newest = version ?? _newest;
        }
    }

    public ChaosExchange Read()
    {
        lock (_lock)
            return _counts;
    }

    private void Count(Func<ChaosExchange, ChaosExchange> count)
    {
        lock (_lock)
            _counts = count(_counts);
    }
}
