namespace SidecarPatterns;

/// <summary>What the numbers of an instrument mean; the observable kinds mean the same as the others.</summary>
public enum MetricKind
{
    /// <summary>A sum that only grows, since collecting began.</summary>
    Counter = 0,

    /// <summary>A sum that goes up and down, since collecting began.</summary>
    UpDownCounter = 1,

    /// <summary>The last value.</summary>
    Gauge = 2,

    /// <summary>How many measurements fell into each bucket since collecting began, and their sum.</summary>
    Histogram = 3,
}
