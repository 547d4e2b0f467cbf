using System.Threading.Channels;

namespace SidecarPatterns.Benchmarks;

/// <summary>How the messages of a round are published: in the same way on both sides, through the writer alone.</summary>
internal abstract class Publisher
{
    /// <summary>What the queues of both sides can hold.</summary>
    public const int Capacity = 1024;

    /// <summary>What else is worth knowing of the rounds so far.</summary>
    public virtual string? Note => null;

    /// <summary>Publishes messages.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="count">Reads how many messages wait there.</param>
    /// <param name="messages">How many.</param>
    /// <returns>A task that completes once everything has been handled that will be.</returns>
    public abstract Task PublishAsync<TMessage>(ChannelWriter<TMessage> writer, Func<int> count, int messages)
        where TMessage : IMessage<TMessage>;
}
