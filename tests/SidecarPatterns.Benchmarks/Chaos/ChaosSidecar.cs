namespace SidecarPatterns.Benchmarks;

/// <summary>One of the sidecars of a child, a way to dispatch each.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Capacity">How many messages can wait.</param>
/// <param name="InFlight">How many can be with the handler.</param>
/// <param name="PerSecond">How many are published in a second.</param>
/// <param name="CallPercent">Of how many of a hundred the handler makes a call.</param>
/// <param name="Keys">Messages of one key keep their order; 0 if they keep none, 1 if all do.</param>
/// <param name="IsTimed">Its handler has a time limit, so that one may succeed too late.</param>
internal sealed record ChaosSidecar(string Name, int Capacity, int InFlight, int PerSecond, int CallPercent, int Keys, bool IsTimed)
{
    public const int MaxAttempts = 3;

    public static ChaosSidecar Single { get; } = new("single", Capacity: 64, InFlight: 1, PerSecond: 300, CallPercent: 0, Keys: 1, IsTimed: false);

    public static ChaosSidecar Scoped { get; } = new("scoped", Capacity: 64, InFlight: 8, PerSecond: 150, CallPercent: 100, Keys: 0, IsTimed: false);

    public static ChaosSidecar Keyed { get; } = new("keyed", Capacity: 128, InFlight: 4, PerSecond: 200, CallPercent: 20, Keys: 8, IsTimed: false);

    public static ChaosSidecar Batches { get; } = new("batches", Capacity: 256, InFlight: 16, PerSecond: 600, CallPercent: 0, Keys: 1, IsTimed: false);

    public static ChaosSidecar Evicting { get; } = new("evicting", Capacity: 16, InFlight: 1, PerSecond: 300, CallPercent: 0, Keys: 0, IsTimed: true);

    public static ChaosSidecar Dedicated { get; } = new("dedicated", Capacity: 64, InFlight: 1, PerSecond: 300, CallPercent: 0, Keys: 1, IsTimed: false);

    public static IReadOnlyList<ChaosSidecar> All { get; } = [Single, Scoped, Keyed, Batches, Evicting, Dedicated];

    /// <summary>
    /// How many messages a crash can take with it at most: those that wait, those with the handler or, one for each key, before a retry, and the one that is
    /// being published.
    /// </summary>
    public int MaxLost => Capacity + Math.Max(InFlight, Keys) + 1;
}
