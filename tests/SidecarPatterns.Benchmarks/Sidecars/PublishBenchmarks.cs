using BenchmarkDotNet.Attributes;

namespace SidecarPatterns.Benchmarks;

/// <summary>From publisher to handler, with messages that are copied and messages that are referred to.</summary>
[GenericTypeArguments(typeof(Message))]
[GenericTypeArguments(typeof(ReferenceMessage))]
public class PublishBenchmarks<TMessage> : RowBenchmarks
    where TMessage : IMessage<TMessage>
{
    /// <summary>How many publish at once.</summary>
    [Params(1, 4)]
    public int Producers { get; set; }

    private protected override Row CreateRow() => SidecarRows.Publish<TMessage>(Producers);
}
