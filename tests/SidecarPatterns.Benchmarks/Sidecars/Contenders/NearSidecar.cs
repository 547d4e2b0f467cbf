using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Benchmarks;

/// <summary>The near player of <see cref="SidecarPingPong"/>.</summary>
internal sealed class NearSidecar([FromKeyedServices(SidecarPingPong.Far)] ChannelWriter<Message> opponent) : ISidecar<Message>
{
    public ValueTask HandleAsync(Message message, SidecarContext context, CancellationToken ct)
    {
        Rally.ReturnOrFinish(opponent, in message);
        return ValueTask.CompletedTask;
    }
}
