namespace SidecarPatterns;

/// <summary>How long a circuit is open: longer each time, and shorter again for each healthy spell. Guarded by its owner's lock.</summary>
internal sealed class BreakLength(Random random)
{
    private int _doublings;

    /// <summary>Takes one doubling back for each whole spell that the circuit was closed.</summary>
    public void Recover(TimeSpan closed, TimeSpan spell)
    {
        if (closed >= spell)
        {
            _doublings -= (int)Math.Min(_doublings, closed.Ticks / spell.Ticks);
        }
    }

    /// <summary>The length of the break that begins.</summary>
    /// <param name="options">The options.</param>
    /// <param name="asked">How long the server asks to be left alone; believed up to the longest break.</param>
    public TimeSpan Next(AmbassadorCircuitBreakerOptions options, TimeSpan? asked)
    {
        var max = (double)options.MaxBreakDuration.Ticks;
        var length = options.BreakDuration.Ticks * Math.Pow(2, _doublings);
        if (length < max)
        {
            _doublings++; // Any further one would make no break longer, but would have to be taken back.
        }

        // By chance at the longest too: just there clients are many that come back at once.
        length = Math.Min(length, max) * Jitter.Factor(options.BreakJitter, random);
        return TimeSpan.FromTicks((long)Math.Max(length, Math.Min(asked?.Ticks ?? 0, max)));
    }
}
