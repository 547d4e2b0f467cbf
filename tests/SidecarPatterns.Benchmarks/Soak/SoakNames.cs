namespace SidecarPatterns.Benchmarks;

/// <summary>The sidecars of the soak that are published to, one for each way to dispatch, and its ambassador.</summary>
internal static class SoakNames
{
    public const string Single = "single";
    public const string Keyed = "keyed";
    public const string Batches = "batches";
    public const string Scoped = "scoped";
    public const string Failing = "failing";
    public const string Evicting = "evicting";
    public const string Client = "prices";

    public static IReadOnlyList<string> Published { get; } = [Single, Keyed, Batches, Scoped, Failing, Evicting];
}
