namespace SidecarPatterns;

/// <summary>A time in which lines can not be written: how long it has been, when to try again, and what to tell.</summary>
internal sealed class LogOutage(TimeProvider timeProvider)
{
    private long _beganAt;
    private long _toldAt;
    private bool _hasTold;
    private TimeSpan _delay;

    /// <summary>Whether there is one.</summary>
    public bool IsOn { get; private set; }

    /// <summary>What it is about.</summary>
    public string Error { get; private set; } = "";

    /// <summary>A write failed.</summary>
    /// <param name="failure">What it failed with.</param>
    /// <param name="where">Where to.</param>
    /// <param name="news">What is to be told of it; <see langword="null"/> if it was told a moment ago.</param>
    /// <returns>How long to wait before the next try.</returns>
    public TimeSpan OnFailure(Exception failure, string where, out string? news)
    {
        var now = timeProvider.GetTimestamp();
        if (!IsOn)
        {
            IsOn = true;
            _beganAt = now;
            _delay = LogSidecarConstants.FirstRetry;
        }
        else
        {
            _delay = _delay * 2 < LogSidecarConstants.LastRetry ? _delay * 2 : LogSidecarConstants.LastRetry;
        }

        Error = failure.Message;
        news = null;
        if (!_hasTold || timeProvider.GetElapsedTime(_toldAt, now) >= LogSidecarConstants.TellInterval)
        {
            (_toldAt, _hasTold) = (now, true);
            news = $"Log lines can not be written to '{where}': {failure.Message} They are kept as long as there is room, and it is tried again.";
        }

        return _delay;
    }

    /// <summary>How long it has been.</summary>
    public TimeSpan Duration => timeProvider.GetElapsedTime(_beganAt);

    /// <summary>A write succeeded.</summary>
    public void End() => IsOn = false;
}
