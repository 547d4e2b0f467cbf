using System.Diagnostics.Metrics;

namespace SidecarPatterns.Benchmarks;

/// <summary>The application's own meter.</summary>
internal sealed class SoakMeter(IMeterFactory meters)
{
    public const string Name = "Soak";

    public Counter<long> Orders { get; } = meters.Create(Name).CreateCounter<long>("soak.orders", "{order}");
}
