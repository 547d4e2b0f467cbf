namespace SidecarPatterns;

/// <summary>What a look for a version came to.</summary>
/// <param name="End">How it ended.</param>
/// <param name="Problem">Why there is no version.</param>
/// <param name="Cause">The exception behind that, where it holds no secret.</param>
internal readonly record struct Look(LookEnd End, string? Problem = null, Exception? Cause = null)
{
    /// <summary>Whether the source has held the request, and so is to be asked again at once.</summary>
    public bool IsHeld { get; init; }

    /// <summary>Whether there may be a version in a moment.</summary>
    public bool IsTransient { get; init; }

    /// <summary>How long the source wants to be left alone.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>How long to wait before the next look: as long as the source wants, within bounds, but not less than that.</summary>
    public TimeSpan PauseOfAtLeast(TimeSpan least)
    {
        var asked = RetryAfter ?? TimeSpan.Zero;
        return asked > ConfigurationAgentConstants.MaxRetryAfter ? ConfigurationAgentConstants.MaxRetryAfter
            : asked > least ? asked
            : least;
    }
}
