using System.Diagnostics.Metrics;

namespace SidecarPatterns.Benchmarks;

/// <summary>Somebody who listens to a meter, and to no other.</summary>
internal interface IListening : IDisposable
{
    /// <summary>The meter.</summary>
    Meter Meter { get; }

    /// <summary>Takes a snapshot.</summary>
    /// <returns>How many series it has.</returns>
    int Collect();

    /// <summary>What else is worth knowing.</summary>
    string? Note => null;
}
