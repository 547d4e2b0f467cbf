using System.Runtime.CompilerServices;

namespace SidecarPatterns.Benchmarks;

/// <summary>The work of <see cref="MicrosecondWork"/>, but done at the message that says so: how many were dropped before it is not known.</summary>
internal readonly struct LastMessageWork : IWork
{
    public const long Last = long.MinValue;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Handle<TMessage>(in TMessage message)
        where TMessage : IMessage<TMessage>
    {
        if (message.Value == Last)
            Tally.Finish();
        else
            Tally.Add(MicrosecondWork.Spend(message.Value));
    }
}
