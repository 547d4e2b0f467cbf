namespace SidecarPatterns.Benchmarks;

/// <summary>What the handler of either side does with a message: one static call that is not inlined.</summary>
internal interface IWork
{
    static abstract void Handle<TMessage>(in TMessage message)
        where TMessage : IMessage<TMessage>;
}
