namespace SidecarPatterns;

/// <summary>A message that was given up on, and why.</summary>
public sealed record DeadLetter
{
    /// <summary>The number of the letter among those of its sidecar, in this process.</summary>
    public long Id { get; init; }

    /// <summary>The name of the sidecar that should have handled the message.</summary>
    public required string SidecarName { get; init; }

    /// <summary>The message itself.</summary>
    public required object Message { get; init; }

    /// <summary>Why it was given up on.</summary>
    public required DeadLetterReason Reason { get; init; }

    /// <summary>The exception behind the reason.</summary>
    /// <value><see langword="null"/> where no exception is behind it.</value>
    public Exception? Exception { get; init; }

    /// <summary>How many times the handler was called with it.</summary>
    /// <value>0 if its turn never came.</value>
    public required int Attempts { get; init; }

    /// <summary>When it was given up on.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The letter that this message was before it was replayed.</summary>
    /// <value><see langword="null"/> if it never was one.</value>
    public DeadLetter? Previous { get; init; }
}
