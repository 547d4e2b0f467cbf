using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>How the cost of a message, or of a pick, grows with something.</summary>
/// <param name="Name">With what.</param>
/// <param name="Points">How much of it, and the row that measures it.</param>
/// <param name="Why">Why it is as it is, where it is not flat.</param>
internal sealed record GrowthSeries(string Name, IReadOnlyList<(int Value, Row Row)> Points, string Why)
{
    public const string Concurrency = "concurrency";
    public const string Endpoints = "endpoints";

    private const int Messages = 200_000;
    private const int LargestRound = 512 * 1024 * 1024; // Bytes that are copied in one.

    public static IReadOnlyList<GrowthSeries> All { get; } =
    [
        new("sidecars", [.. Each(1, 10, 100, 1_000, 10_000).Select(static count => (
            count,
            RowOf("sidecars", count, Math.Max(Messages, ManyContender.Burst * count), () => new ManySidecars(count), () => new ManyChannels(count))))],
            "each queue is given 64 messages in its turn, and has a consumer of its own to be woken for them. From about a thousand on, neither the queues nor the consumers stay in the "
                + "processor's caches, on either side; a sidecar, which has an account, is more than a channel and a loop."),
        new("producers", [.. Each(1, 4, 16, 64, 250, 1_000).Select(static count => (
            count, SidecarRow<Message>("producers", count, Messages, new WaitingPublisher(count))))],
            "with a thousand, for a queue of 1,024, a producer waits for nearly every message: it is put in line, given a place there under the lock that those who come in need as well, and goes on "
                + "by way of the thread pool. Smaller batches, and more places kept for reuse, are no faster."),
        new("bytes of a message", [Size<long>(8), Size<Bytes64>(64), Size<Bytes512>(512), Size<Bytes4K>(4_096), Size<Bytes64K>(65_000)],
            "messages are structs, which are copied into the queue, out of it, and to the handler: linear, as soon as copying is what takes the time; and a queue of 1,024 then no longer fits the "
                + "processor's caches. A class costs what 8 bytes do."),
        new(Concurrency, [.. Each(1, 2, 4, 16, 64).Select(static count => (
            count, RowOf("concurrency", count, Messages, () => new ConcurrentSidecar(count), () => new ConcurrentBlock(count))))],
            "the handler does nothing, so that more lanes than there are cores have nothing to win: what is seen is what it costs to have them take turns at one queue."),
        new(Endpoints, [.. Each(1, 3, 10, 100, 1_000).Select(static count => (
            count, RowOf("endpoints", count, 1_000_000, () => new PickContender(count), static () => new CircuitContender())))],
            "a lone endpoint is its circuit alone, as the peer is. Among several two are drawn and compared, however many there are; the rest are the states of a thousand endpoints, "
                + "which the processor's caches do not hold."),
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
