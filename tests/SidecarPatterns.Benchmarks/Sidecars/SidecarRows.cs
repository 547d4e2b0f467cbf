using System.Threading.Channels;

namespace SidecarPatterns.Benchmarks;

/// <summary>The rows of <see cref="SidecarsPart"/>, which the BenchmarkDotNet classes measure too.</summary>
internal static class SidecarRows
{
    private const int Many = 400_000;
    private const int MostlyDropped = 1_000_000;
    private const int Microseconds = 20_000;
    private const int RoundTrips = 20_000;

    public static Row Publish<TMessage>(int producers)
        where TMessage : IMessage<TMessage> => Create<TMessage, CountingWork>(
            producers == 1 ? "publish+handle, 1 producer" : $"publish+handle, {producers} producers",
            Many,
            () => new WaitingPublisher(producers));

    public static Row NearlyFull() =>
        Create<Message, MicrosecondWork>("publish, queue nearly full", Microseconds, () => new WaitingPublisher(producers: 1));

    public static Row PingPong() =>
        new("ping-pong latency", RoundTrips, () => new SidecarPingPong(), () => new ChannelPingPong());

    public static Row PublishWithListener()
    {
        Row row = Publish<Message>(producers: 1);
        return row with { Name = "publish+handle with metrics listener", Ours = () => new ListenedContender(row.Ours) };
    }

    /// <remarks>
    /// The handler takes a microsecond, so that the queue is always full. With one that does nothing, chance decides from round to
    /// round whether the reader can follow, and the same channel measured against itself came out between 0.9 and 1.4.
    /// </remarks>
    public static Row Publish(BoundedChannelFullMode fullMode) =>
        Create<Message, LastMessageWork>($"publish+handle, {fullMode}", MostlyDropped, () => new LossyPublisher(), fullMode);

    private static Row Create<TMessage, TWork>(
        string name, int messages, Func<Publisher> publisher, BoundedChannelFullMode fullMode = BoundedChannelFullMode.Wait)
        where TMessage : IMessage<TMessage>
        where TWork : IWork => new(
            name,
            messages,
            () => new SidecarContender<TMessage, TWork>(publisher(), fullMode),
            () => new ChannelContender<TMessage, TWork>(publisher(), fullMode));
}
