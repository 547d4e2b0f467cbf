namespace SidecarPatterns;

/// <summary>When an endpoint that fails is left alone, and when it is tried again.</summary>
/// <remarks>Only what says something about the endpoint counts: a call that its caller cancels counts neither as a success nor as a failure.</remarks>
public sealed class AmbassadorCircuitBreakerOptions
{
    /// <summary>The part of attempts within <see cref="Window"/> that must fail for the circuit to open.</summary>
    /// <value>0.5 by default; above 0, up to 1.</value>
    public double FailureRatio { get; set; } = AmbassadorCircuitBreakerConstants.FailureRatio;

    /// <summary>How many attempts there must have been within <see cref="Window"/> for the circuit to open.</summary>
    /// <value>20 by default; from 1 to 1,000,000.</value>
    public int MinimumAttempts { get; set; } = AmbassadorCircuitBreakerConstants.MinimumAttempts;

    /// <summary>How far back attempts count, in ten steps.</summary>
    /// <value>30 s by default; from 100 ms to 49 days.</value>
    public TimeSpan Window { get; set; } = AmbassadorCircuitBreakerConstants.Window;

    /// <summary>How many failures in a row suffice for the circuit to open where there is another endpoint that could take over.</summary>
    /// <value>5 by default; from 1 to 1,000,000.</value>
    public int FailuresInARow { get; set; } = AmbassadorCircuitBreakerConstants.FailuresInARow;

    /// <summary>How long the circuit stays open the first time, doubled each time it opens again.</summary>
    /// <value>5 s by default; more than zero, at most <see cref="MaxBreakDuration"/>. A longer <c>Retry-After</c> of a 503 counts instead.</value>
    public TimeSpan BreakDuration { get; set; } = AmbassadorCircuitBreakerConstants.BreakDuration;

    /// <summary>How long the circuit stays open at most, but for <see cref="BreakJitter"/>; no <c>Retry-After</c> makes it longer.</summary>
    /// <value>60 s by default; more than zero, at most 49 days.</value>
    public TimeSpan MaxBreakDuration { get; set; } = AmbassadorCircuitBreakerConstants.MaxBreakDuration;

    /// <summary>The part by which that time is longer or shorter by chance, so that not all clients come back at once.</summary>
    /// <value>0.2 by default; from 0 to 1.</value>
    public double BreakJitter { get; set; } = AmbassadorCircuitBreakerConstants.BreakJitter;

    /// <summary>How long the circuit must stay closed to take back one doubling.</summary>
    /// <value>1 min by default; more than zero, at most 49 days.</value>
    public TimeSpan HealthyAfter { get; set; } = AmbassadorCircuitBreakerConstants.HealthyAfter;

    /// <summary>How many successes in a row close the circuit, once the break is over and one request at a time is let through.</summary>
    /// <value>2 by default; from 1 to 1,000.</value>
    public int SuccessesToClose { get; set; } = AmbassadorCircuitBreakerConstants.SuccessesToClose;

    /// <summary>After how long a request that was let through to probe, and has not ended, lets another one through.</summary>
    /// <value>30 s by default; more than zero, at most 49 days. Where the attempt has a timeout, that counts.</value>
    public TimeSpan ProbeTimeout { get; set; } = AmbassadorCircuitBreakerConstants.ProbeTimeout;
}
