namespace SidecarPatterns;

/// <summary>Why a message became a dead letter.</summary>
public enum DeadLetterReason
{
    /// <summary>Its handler threw in the last attempt it had.</summary>
    HandlerFailed = 0,

    /// <summary>Its handler took longer than <see cref="SidecarOptions.HandlerTimeout"/>.</summary>
    HandlerTimeout = 1,

    /// <summary>The incarnation that was handling it ended.</summary>
    Interrupted = 2,

    /// <summary>The sidecar failed for good before the message had its turn.</summary>
    SidecarFailed = 3,

    /// <summary>Left when the time to drain was over; told as information, and counted as abandoned instead.</summary>
    Abandoned = 4,

    /// <summary>It had waited longer than <see cref="SidecarOptions.MaxAge"/> when its turn came.</summary>
    Expired = 5,
}
