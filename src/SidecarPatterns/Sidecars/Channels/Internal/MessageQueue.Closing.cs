using System.Threading.Channels;

namespace SidecarPatterns;

/// <summary>What a closed queue tells publishers, the same in every queue.</summary>
internal abstract partial class MessageQueue<T>
{
    /// <summary>Tells those who wait for room that there will be none.</summary>
    protected void TellClosed(WaitingPublisher<T>? asking, WaitingPublisher<T>? offering, Exception? cause)
    {
        for (var publisher = asking; publisher is not null;)
        {
            var next = publisher.Next;
            publisher.Next = null;
            if (cause is null)
            {
                publisher.Complete(false);
            }
            else
            {
                publisher.Fail(cause);
            }

            publisher = next;
        }

        for (var publisher = offering; publisher is not null;)
        {
            var next = publisher.Next;
            publisher.Next = null;
            Refusals.Reject(ClosedReason);
            publisher.Fail(NewClosed(cause));
            publisher = next;
        }
    }

    /// <summary>Counts and answers an offer that would have waited.</summary>
    protected ValueTask Refused()
    {
        Refusals.Reject(ClosedReason);
        return ValueTask.FromException(NewClosed(Cause));
    }

    /// <summary>What a closed queue answers to those who ask.</summary>
    protected ValueTask<bool> ClosedAnswer() =>
        Cause is { } cause ? ValueTask.FromException<bool>(cause) : new ValueTask<bool>(false);

    private static ChannelClosedException NewClosed(Exception? cause) =>
        cause is null ? new ChannelClosedException() : new ChannelClosedException(cause);
}
