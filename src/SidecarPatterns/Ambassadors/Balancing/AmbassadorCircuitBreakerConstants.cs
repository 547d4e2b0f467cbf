namespace SidecarPatterns;

/// <summary>The defaults and limits of <see cref="AmbassadorCircuitBreakerOptions"/>.</summary>
internal static class AmbassadorCircuitBreakerConstants
{
    public const double FailureRatio = 0.5;
    public const int MinimumAttempts = 20;
    public const int MaxMinimumAttempts = 1_000_000;
    public const int WindowSteps = 10;
    public const double BreakJitter = 0.2;
    public const int FailuresInARow = 5;
    public const int MaxFailuresInARow = 1_000_000;
    public const int SuccessesToClose = 2;
    public const int MaxSuccessesToClose = 1_000;

    public static readonly TimeSpan Window = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan MinWindow = TimeSpan.FromMilliseconds(100);
    public static readonly TimeSpan BreakDuration = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan MaxBreakDuration = TimeSpan.FromSeconds(60);
    public static readonly TimeSpan HealthyAfter = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(30);
}
