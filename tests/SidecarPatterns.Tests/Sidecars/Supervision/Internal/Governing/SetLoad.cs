namespace SidecarPatterns.Tests;

/// <summary>A load that is what the test says.</summary>
internal sealed class SetLoad : IProcessLoad
{
    public double Cpu { get; set; }

    public double Memory { get; set; }

    public (double Cpu, double Memory) Read() => (Cpu, Memory);
}
