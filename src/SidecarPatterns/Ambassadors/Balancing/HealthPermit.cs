namespace SidecarPatterns;

/// <summary>The leave to send one request, and the epoch in which it was given: a result that comes after the circuit has changed says nothing about it.</summary>
internal readonly record struct HealthPermit(long Epoch, bool IsProbe)
{
    /// <summary>The same, for a result beside that of the attempt.</summary>
    public HealthPermit AsResult() => this with { IsProbe = false };
}
