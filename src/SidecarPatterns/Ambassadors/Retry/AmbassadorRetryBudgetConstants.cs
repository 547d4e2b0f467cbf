namespace SidecarPatterns;

/// <summary>The defaults and limits of <see cref="AmbassadorRetryBudgetOptions"/>.</summary>
internal static class AmbassadorRetryBudgetConstants
{
    public const int Capacity = 20;
    public const int MaxCapacity = 1_000_000;
    public const double DepositPerCall = 0.1;
    public const double DepositPerSecond = 1;
    public const double MaxDepositPerSecond = 1_000_000;
}
