namespace SidecarPatterns;

/// <summary>How one endpoint of an ambassador stood at one moment.</summary>
/// <remarks>Requests are counted where there are several endpoints; those of a lone one are the ambassador's.</remarks>
public sealed record AmbassadorEndpointSnapshot
{
    /// <summary>Its host and port, as configured or as DNS has it.</summary>
    public required string Endpoint { get; init; }

    /// <summary>Whether requests are let through to it.</summary>
    public required CircuitState Circuit { get; init; }

    /// <summary>Since when.</summary>
    public required DateTimeOffset CircuitSince { get; init; }

    /// <summary>Whether requests go to it although its circuit is open, because too many others are left alone.</summary>
    public required bool StaysIn { get; init; }

    /// <summary>Its part of the requests, relative to others.</summary>
    public required double Weight { get; init; }

    /// <summary>Which come first: a lower number.</summary>
    public required int Priority { get; init; }

    /// <summary>How many requests are under way.</summary>
    public required int InFlight { get; init; }

    /// <summary>How many requests it was given.</summary>
    public required long Requests { get; init; }

    /// <summary>How many of them failed.</summary>
    public required long Failures { get; init; }

    /// <summary>How often it began to be left alone for its failures: its circuit was closed, and opened.</summary>
    public required long Ejections { get; init; }

    /// <summary>What a request takes, as the balance reckons; <see langword="null"/> if nothing is known.</summary>
    public required TimeSpan? Latency { get; init; }
}
