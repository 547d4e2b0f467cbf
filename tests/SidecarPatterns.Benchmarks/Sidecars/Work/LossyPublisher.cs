using System.Globalization;
using System.Threading.Channels;

namespace SidecarPatterns.Benchmarks;

/// <summary>Publishes from one producer to a queue that drops messages when it is full.</summary>
/// <remarks>
/// A round is done when all its messages are published and the queue is empty and idle. To know when, one more message
/// follows once there is room, so that it is neither dropped nor makes another drop: it is handled last.
/// </remarks>
internal sealed class LossyPublisher : Publisher
{
    private long _published;
    private long _handled;

    public override string Note =>
        string.Create(CultureInfo.InvariantCulture, $"handled {100.0 * _handled / _published:0} % of what was published");

    public override async Task PublishAsync<TMessage>(ChannelWriter<TMessage> writer, Func<int> count, int messages)
    {
        Task handled = Tally.Expect(long.MaxValue);
        var message = TMessage.Create(1);
        await Task.Run(() => Produce(writer, message, messages));

        while (count() >= Capacity)
            await Task.Yield();
        if (!writer.TryWrite(TMessage.Create(LastMessageWork.Last)))
            throw new InvalidOperationException("The last message was refused although there was room.");

        await handled;
        _published += messages;
        _handled += Tally.Handled;
    }

    private static void Produce<TMessage>(ChannelWriter<TMessage> writer, TMessage message, int messages)
    {
        for (int i = 0; i < messages; i++)
            _ = writer.TryWrite(message);
    }
}
