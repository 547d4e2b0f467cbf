using System.Threading.Channels;

namespace SidecarPatterns.Benchmarks;

/// <summary>Publishes from one or more producers, which wait when the queue is full.</summary>
internal sealed class WaitingPublisher(int producers) : Publisher
{
    public override async Task PublishAsync<TMessage>(ChannelWriter<TMessage> writer, Func<int> count, int messages)
    {
        int each = messages / producers;
        Task handled = Tally.Expect((long)each * producers);

        var publishing = new Task[producers];
        for (int i = 0; i < producers; i++)
        {
            var message = TMessage.Create(i);
            publishing[i] = Task.Run(() => ProduceAsync(writer, message, each));
        }

        await Task.WhenAll(publishing);
        await handled;
    }

    private static async Task ProduceAsync<TMessage>(ChannelWriter<TMessage> writer, TMessage message, int messages)
    {
        for (int i = 0; i < messages; i++)
        {
            if (!writer.TryWrite(message))
                await writer.WriteAsync(message);
        }
    }
}
