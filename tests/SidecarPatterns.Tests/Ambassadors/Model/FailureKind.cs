namespace SidecarPatterns.Tests;

/// <summary>The failures of the table of sends: how every attempt of a call ends.</summary>
public enum FailureKind
{
    Answered,

    /// <summary>Refused before anything of the request was read.</summary>
    Unsent,

    /// <summary>Refused after all of it was read.</summary>
    UnsentAfterContent,
    Unknown,
    Failed,
    Throttled,
    ThrottledByUnavailability,
    Fatal,

    /// <summary>Its caller leaves.</summary>
    Cancelled,
}
