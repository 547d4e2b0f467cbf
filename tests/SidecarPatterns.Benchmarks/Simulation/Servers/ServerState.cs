namespace SidecarPatterns.Benchmarks;

/// <summary>How a server of the simulation is.</summary>
internal enum ServerState
{
    Good,

    /// <summary>It answers at once, with 500: something in front of it does, or it can not do anything any more.</summary>
    Down,

    /// <summary>What it depends on hangs: each request is worked on ten times as long, and then fails.</summary>
    Stuck,
}
