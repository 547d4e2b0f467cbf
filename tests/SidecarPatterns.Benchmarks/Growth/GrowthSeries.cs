using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>How the cost of a message, or of a pick, grows with something.</summary>
/// <param name="Name">With what.</param>
/// <param name="Points">How much of it, and the row that measures it.</param>
internal sealed record GrowthSeries(string Name, IReadOnlyList<(int Value, Row Row)> Points)
{
    private const int Messages = 200_000;
    private const int LargestRound = 512 * 1024 * 1024; // Bytes that are copied in one.

    public static IReadOnlyList<GrowthSeries> All { get; } =
    [
        new("sidecars", [.. Each(1, 10, 100, 1_000, 10_000).Select(static count => (
            count,
            RowOf("sidecars", count, Math.Max(Messages, ManyContender.Burst * count), () => new ManySidecars(count), () => new ManyChannels(count))))]),
        new("producers", [.. Each(1, 4, 16, 64, 250, 1_000).Select(static count => (
            count, SidecarRow<Message>("producers", count, Messages, new WaitingPublisher(count))))]),
        new("bytes of a message", [Size<long>(8), Size<Bytes64>(64), Size<Bytes512>(512), Size<Bytes4K>(4_096), Size<Bytes64K>(65_000)]),
        new("concurrency", [.. Each(1, 2, 4, 16, 64).Select(static count => (
            count, RowOf("concurrency", count, Messages, () => new ConcurrentSidecar(count), () => new ConcurrentBlock(count))))]),
        new("endpoints", [.. Each(1, 3, 10, 100, 1_000).Select(static count => (
            count, RowOf("endpoints", count, 1_000_000, () => new PickContender(count), static () => new CircuitContender())))]),
    ];

    private static int[] Each(params int[] values) => values;

    private static (int Value, Row Row) Size<TContent>(int bytes)
        where TContent : struct =>
        (bytes, SidecarRow<Sized<TContent>>("bytes", bytes, Math.Min(Messages, LargestRound / bytes), new WaitingPublisher(1)));

    private static Row SidecarRow<TMessage>(string name, int value, int messages, Publisher publisher)
        where TMessage : IMessage<TMessage> =>
        RowOf(
            name,
            value,
            messages,
            () => new SidecarContender<TMessage, CountingWork>(publisher, System.Threading.Channels.BoundedChannelFullMode.Wait),
            () => new ChannelContender<TMessage, CountingWork>(publisher, System.Threading.Channels.BoundedChannelFullMode.Wait));

    private static Row RowOf(string name, int value, int messages, Func<IContender> ours, Func<IContender> peer) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{name}: {value:N0}"), messages, ours, peer);
}
