namespace SidecarPatterns;

/// <summary>What an attempt's end says about the endpoint.</summary>
internal enum HealthEffect
{
    /// <summary>Nothing.</summary>
    Neutral,
    Success,
    Failure,
}
