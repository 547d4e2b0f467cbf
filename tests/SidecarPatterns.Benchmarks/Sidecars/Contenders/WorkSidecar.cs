namespace SidecarPatterns.Benchmarks;

/// <summary>A sidecar that does the same work as the loop of <see cref="ChannelContender{TMessage, TWork}"/>.</summary>
internal sealed class WorkSidecar<TMessage, TWork> : ISidecar<TMessage>
    where TMessage : IMessage<TMessage>
    where TWork : IWork
{
    public ValueTask HandleAsync(TMessage message, SidecarContext context, CancellationToken ct)
    {
        TWork.Handle(in message);
        return ValueTask.CompletedTask;
    }
}
