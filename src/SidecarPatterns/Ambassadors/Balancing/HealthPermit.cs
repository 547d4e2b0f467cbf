namespace SidecarPatterns;

/// <summary>
/// The leave to send one request, and the epoch in which it was given: a result that comes after the circuit has changed says nothing about it.
/// </summary>
/// <param name="Epoch">The number of the epoch; 0, which <see langword="default"/> has, is none.</param>
/// <param name="Probe">The number of the probe; 0 if it is none.</param>
internal readonly record struct HealthPermit(long Epoch, long Probe)
{
    /// <summary>Whether the request was let through to find out whether the endpoint has recovered.</summary>
    public bool IsProbe => Probe != 0;

    /// <summary>The same, for a result beside that of the attempt.</summary>
    public HealthPermit AsResult() => this with { Probe = 0 };
}
