using System.Diagnostics.CodeAnalysis;

namespace SidecarPatterns;

/// <summary>What the container makes when a writer is asked for a message type that no sidecar takes: an error that says what there is.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by the container, as an open generic.")]
internal sealed class UnknownSidecarWriter<T> : SidecarWriter<T>
{
    public UnknownSidecarWriter(SidecarRegistry registry) =>
        throw new InvalidOperationException(
            $"No sidecar takes messages of type '{typeof(T)}'. Registered are: {registry.Describe()}. Add one with services.AddSidecar<TSidecar, {typeof(T).Name}>().");

    public override int Count => throw new NotSupportedException();

    public override int Capacity => throw new NotSupportedException();

    public override PublishResult Publish(T message) => throw new NotSupportedException();

    public override PublishResult Publish(T message, int reserve) => throw new NotSupportedException();

    public override bool IsInsideHandler => throw new NotSupportedException();

    public override bool TryWrite(T item) => throw new NotSupportedException();

    public override ValueTask<bool> WaitToWriteAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
