namespace SidecarPatterns;

/// <summary>How an ambassador stood at one moment. Nothing in it comes from the content of a request or of a response.</summary>
/// <remarks>Its account balances: <c>Calls = Succeeded + Failed + Cancelled + Refused + InFlight</c>.</remarks>
public sealed record AmbassadorSnapshot
{
    /// <summary>The ambassador's name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether requests are let through.</summary>
    public required CircuitState Circuit { get; init; }

    /// <summary>Since when.</summary>
    public required DateTimeOffset CircuitSince { get; init; }

    /// <summary>Its endpoints; empty where requests say themselves where they go.</summary>
    public required IReadOnlyList<AmbassadorEndpointSnapshot> Endpoints { get; init; }

    /// <summary>For how long the endpoints could not be found out anew, so that those of before are used; <see langword="null"/> if they could.</summary>
    public required TimeSpan? EndpointsStaleFor { get; init; }

    /// <summary>Whether calls are refused because the ambassador was drained.</summary>
    public required bool IsDrained { get; init; }

    /// <summary>How many calls there were.</summary>
    public required long Calls { get; init; }

    /// <summary>How many of them returned a response of 1xx to 4xx, other than 408 and 429.</summary>
    public required long Succeeded { get; init; }

    /// <summary>How many of them ended with another response, with an exception, or out of time.</summary>
    public required long Failed { get; init; }

    /// <summary>How many of them their callers cancelled.</summary>
    public required long Cancelled { get; init; }

    /// <summary>
    /// How many of them were ended before anything was sent: by the circuit, by egress, by the limit of concurrency, by the drain, or for want of a credential.
    /// </summary>
    public required long Refused { get; init; }

    /// <summary>How many of them are under way. A call ends when its response is returned, which a body that streams may outlive.</summary>
    public required long InFlight { get; init; }

    /// <summary>How many requests were sent, by cause.</summary>
    public required IReadOnlyDictionary<AttemptCause, long> Attempts { get; init; }

    /// <summary>How attempts ended. A redirect that was followed is not among them: it goes on with the same attempt.</summary>
    public required IReadOnlyDictionary<AttemptClass, long> Outcomes { get; init; }

    /// <summary>
    /// How often another attempt would have been made but for one reason: <c>attempts</c>, <c>method</c>, <c>body</c>, <c>budget</c>, <c>deadline</c>,
    /// <c>circuit</c> and others.
    /// </summary>
    public required IReadOnlyDictionary<string, long> RetriesSkipped { get; init; }

    /// <summary>How often an address was not called, by the rule that it broke: a member of <see cref="EgressReason"/> in small letters.</summary>
    public required IReadOnlyDictionary<string, long> EgressRefused { get; init; }

    /// <summary>
    /// How many responses gave up their place among those that <see cref="AmbassadorConcurrencyOptions.Limit"/> allows, since nobody read their bodies.
    /// </summary>
    public required long AbandonedPlaces { get; init; }

    /// <summary>How many further attempts the budget has left.</summary>
    public required double BudgetLeft { get; init; }

    /// <summary>The time that half of the latest calls took at most, of about a thousand; <see langword="null"/> if there was none.</summary>
    public required TimeSpan? P50 { get; init; }

    /// <summary>The time that 95 % of the latest calls took at most.</summary>
    public required TimeSpan? P95 { get; init; }

    /// <summary>The time that 99 % of the latest calls took at most.</summary>
    public required TimeSpan? P99 { get; init; }

    /// <summary>What the last attempt that failed ended with: the type of an exception, or a status.</summary>
    public required string? LastError { get; init; }

    /// <summary>When that was.</summary>
    public required DateTimeOffset? LastErrorAt { get; init; }

    /// <summary>How its credential stands; <see langword="null"/> where it has none.</summary>
    public CredentialSnapshot? Credential { get; init; }
}
