namespace SidecarPatterns;

/// <summary>Why another attempt, which could have ended better, was not made.</summary>
internal enum RetrySkip
{
    Attempts,
    Method,
    Body,
    RetryAfter,
    Deadline,
    Circuit,
    Concurrency,
    Drained,
    Budget,
}
