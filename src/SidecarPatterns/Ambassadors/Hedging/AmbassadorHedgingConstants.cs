namespace SidecarPatterns;

/// <summary>The defaults and limits of <see cref="AmbassadorHedgingOptions"/>.</summary>
internal static class AmbassadorHedgingConstants
{
    public const double Quantile = 0.95;
    public const int MinimumSamples = 100;
    public const double MaxLoad = 0.8;
    public const double BudgetReserve = 0.5;

    public static readonly TimeSpan MinDelay = TimeSpan.FromMilliseconds(10);
}
