using System.Threading.Channels;

namespace SidecarPatterns.Tests;

/// <summary>How the sidecar of a program handles its messages.</summary>
internal enum ModelKind
{
    Single,
    Concurrent,
    Keyed,
    Batch,
}

/// <summary>What a program's sidecar is at its start.</summary>
/// <param name="Kind">How it handles its messages.</param>
/// <param name="FullMode">What a full queue does.</param>
/// <param name="Capacity">How many messages the queue takes.</param>
/// <param name="InBytes">Whether it is bounded in bytes, one for each message, in place of messages.</param>
/// <param name="MaxAttempts">How often a message is attempted.</param>
internal sealed record ModelMode(ModelKind Kind, BoundedChannelFullMode FullMode, int Capacity, bool InBytes, int MaxAttempts)
{
    /// <summary>Every combination.</summary>
    public static readonly IReadOnlyList<ModelMode> All =
    [
        .. from kind in Enum.GetValues<ModelKind>()
           from fullMode in Enum.GetValues<BoundedChannelFullMode>()
           from capacity in (int[])[3, 64]
           from inBytes in (bool[])[false, true]
           from maxAttempts in (int[])[1, 3]
           select new ModelMode(kind, fullMode, capacity, inBytes, maxAttempts),
    ];

    /// <summary>What <c>Concurrency</c> may be. With keys one lane more than there are held handlers is always kept, so that all keys are served.</summary>
    public IReadOnlyList<int> Concurrencies => Kind switch
    {
        ModelKind.Concurrent => [1, 2, 4],
        ModelKind.Keyed => [2, 3, 5],
        _ => [1],
    };

    /// <summary>What <c>BatchSize</c> may be.</summary>
    public IReadOnlyList<int> BatchSizes => Capacity == 3 ? [1, 2, 3] : [2, 5, 9];

    public override string ToString() => $"{Kind}, {FullMode}, capacity {Capacity}{(InBytes ? " bytes" : "")}, {MaxAttempts} attempts";
}
