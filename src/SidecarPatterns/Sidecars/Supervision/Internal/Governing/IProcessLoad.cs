namespace SidecarPatterns;

/// <summary>How near the process is to the limits of its machine or container.</summary>
internal interface IProcessLoad
{
    /// <summary>What part it has used of the CPU time since the last look, and uses of the memory: 1 for all there is.</summary>
    (double Cpu, double Memory) Read();
}
