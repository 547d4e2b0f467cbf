using System.Runtime.CompilerServices;

namespace SidecarPatterns.Benchmarks;

/// <summary>Next to nothing: what remains is the way from publisher to handler.</summary>
internal readonly struct CountingWork : IWork
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Handle<TMessage>(in TMessage message)
        where TMessage : IMessage<TMessage> => Tally.Add(message.Value);
}
