namespace SidecarPatterns;

/// <summary>A source has no version at present. The message says why, in words that fit behind "the source is away:", and holds no secret.</summary>
internal sealed class SourceAwayException(string problem, Exception? cause = null) : Exception(problem, cause)
{
    /// <summary>Whether it may have one in a moment.</summary>
    public bool IsTransient { get; init; }

    /// <summary>How long it wants to be left alone.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
