namespace SidecarPatterns.Tests;

/// <summary>One measurement, with its tags sorted and written out.</summary>
internal readonly record struct Measured(string Instrument, double Value, string Tags);
