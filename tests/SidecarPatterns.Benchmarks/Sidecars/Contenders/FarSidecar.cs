using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Benchmarks;

/// <summary>The far player of <see cref="SidecarPingPong"/>.</summary>
internal sealed class FarSidecar([FromKeyedServices(SidecarPingPong.Near)] ChannelWriter<Message> opponent) : ISidecar<Message>
{
    public ValueTask HandleAsync(Message message, SidecarContext context, CancellationToken ct)
    {
        Rally.Return(opponent, in message);
        return ValueTask.CompletedTask;
    }
}
