namespace SidecarPatterns.Tests;

/// <summary>Chance that is always the same.</summary>
/// <param name="value">What it draws, from 0 to 1.</param>
internal sealed class FixedRandom(double value) : Random
{
    public override double NextDouble() => value;
}
