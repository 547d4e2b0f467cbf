using System.Threading.Channels;

namespace SidecarPatterns;

/// <summary>The end of the channel that one incarnation of a source writes to.</summary>
/// <param name="channel">The channel of all its incarnations.</param>
/// <param name="stopping">Cancelled when the incarnation is to stop. Nobody reads any more then, so it ends every wait for room.</param>
internal sealed class SourceOutput<T>(SourceChannel<T> channel, CancellationToken stopping) : ChannelWriter<T>
{
    public override bool TryComplete(Exception? error = null) => false;

    public override bool TryWrite(T item)
    {
        QueueWriter<T>.ThrowIfNull(item);
        var answer = channel.TryOffer(item);
        if (answer != OfferResult.Accepted)
        {
            channel.Refuse(answer);
        }

        return answer == OfferResult.Accepted;
    }

    public override ValueTask WriteAsync(T item, CancellationToken cancellationToken = default)
    {
        QueueWriter<T>.ThrowIfNull(item);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        var answer = channel.TryOffer(item);
        if (answer == OfferResult.Accepted)
        {
            return default;
        }

        if (answer == OfferResult.Full && !channel.DropsWrites)
        {
            return WriteWhenThereIsRoomAsync(item, cancellationToken);
        }

        channel.Refuse(answer);
        return answer == OfferResult.Full ? default : ValueTask.FromException(channel.ClosedException);
    }

    public override ValueTask<bool> WaitToWriteAsync(CancellationToken cancellationToken = default) =>
        cancellationToken.CanBeCanceled && cancellationToken != stopping
            ? WaitWithAsync(cancellationToken)
            : channel.WaitToOfferAsync(stopping);

    private async ValueTask WriteWhenThereIsRoomAsync(T item, CancellationToken cancellationToken)
    {
        OfferResult answer;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            stopping.ThrowIfCancellationRequested();

            // However the wait ends: the offer tells what there is to tell, and a cancellation is thrown above.
            await ((Task)WaitToWriteAsync(cancellationToken).AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            answer = channel.TryOffer(item);
        }
        while (answer == OfferResult.Full);

        if (answer == OfferResult.Closed)
        {
            channel.Refuse(answer);
            throw channel.ClosedException;
        }
    }

    private async ValueTask<bool> WaitWithAsync(CancellationToken ct)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, stopping);
        try
        {
            return await channel.WaitToOfferAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (either.IsCancellationRequested)
        {
            throw new OperationCanceledException(exception.Message, exception, ct.IsCancellationRequested ? ct : stopping);
        }
    }
}
