namespace SidecarPatterns;

/// <summary>How a call ended, for the account.</summary>
internal enum CallOutcome
{
    Succeeded,
    Failed,
    Cancelled,
    Refused,
}
