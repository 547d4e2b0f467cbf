using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace SidecarPatterns;

/// <summary>The end of a source's channel that the application reads from; what it has read is handled.</summary>
/// <remarks>The verbs that are not overridden read through these; a read that is cancelled so takes no message (dotnet/runtime#132094).</remarks>
internal sealed class SourceReader<T>(SourceChannel<T> channel) : ChannelReader<T>
{
    public override Task Completion => channel.Completion;

    public override bool CanCount => true;

    public override int Count => channel.Count;

    public override bool CanPeek => true;

    public override bool TryPeek([MaybeNullWhen(false)] out T item) => channel.TryPeek(out item);

    public override bool TryRead([MaybeNullWhen(false)] out T item) => channel.TryTake(out item);

    public override ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default) => channel.WaitToTakeAsync(cancellationToken);

    // The base would throw the cause as it is, where the framework's own channels throw that the channel is closed.
    public override async ValueTask<T> ReadAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (channel.TryTake(out var item))
            {
                return item;
            }

            if (channel.Completion.IsCompleted)
            {
                throw channel.ClosedException;
            }

            // However the wait ends: the next turn tells.
            await ((Task)channel.WaitToTakeAsync(cancellationToken).AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
