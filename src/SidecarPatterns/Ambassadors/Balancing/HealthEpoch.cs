namespace SidecarPatterns;

/// <summary>
/// The time between two changes of a circuit, with all that a request has to know of it: one read shows all of it, and none of another epoch.
/// </summary>
internal sealed class HealthEpoch(long number, CircuitState state, long since, HealthWindow window)
{
    private HealthWindow _window = window;
    private int _failuresInARow;

    public long Number { get; } = number;

    public CircuitState State { get; } = state;

    public long Since { get; } = since;

    /// <summary>When the break is over, where there is one.</summary>
    public long OpenUntil { get; init; }

    /// <summary>What was counted. New options may bring another one, within the epoch; whoever counts just then may do so in the old one.</summary>
    public HealthWindow Window
    {
        get => Volatile.Read(ref _window);
        set => Volatile.Write(ref _window, value);
    }

    public bool LetsAllThrough => State is CircuitState.Closed or CircuitState.ForcedClosed;

    /// <summary>Whether no request can be let through, whatever becomes of others.</summary>
    public bool Refuses(long now) => State == CircuitState.ForcedOpen || (State == CircuitState.Open && now < OpenUntil);

    /// <summary>How long the break goes on; <see langword="null"/> where nobody knows.</summary>
    public TimeSpan? Left(long now, TimeProvider clock) =>
        State != CircuitState.Open ? null
        : now < OpenUntil ? clock.GetElapsedTime(now, OpenUntil)
        : TimeSpan.Zero;

    public void CountSuccess(long now)
    {
        Window.Count(isSuccess: true, now);
        if (Volatile.Read(ref _failuresInARow) != 0)
        {
            // Written only then: all cores read it, and none is to wait for another one.
            Volatile.Write(ref _failuresInARow, 0);
        }
    }

    /// <summary>Counts a failure.</summary>
    /// <returns>How many there were in a row.</returns>
    public int CountFailure(long now)
    {
        Window.Count(isSuccess: false, now);
        return Interlocked.Increment(ref _failuresInARow);
    }
}
