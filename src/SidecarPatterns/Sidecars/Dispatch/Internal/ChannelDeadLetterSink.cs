using System.Threading.Channels;

namespace SidecarPatterns;

/// <summary>Hands dead letters to the application.</summary>
internal sealed class ChannelDeadLetterSink(ChannelWriter<DeadLetter> channel) : IDeadLetterSink
{
    public ValueTask AddAsync(DeadLetter letter, CancellationToken ct) => channel.WriteAsync(letter, ct);
}
