using System.Threading.Channels;

namespace SidecarPatterns;

/// <summary>A channel writer that feeds one or more sidecars, and tells what became of a message.</summary>
/// <typeparam name="T">The type of the messages.</typeparam>
/// <remarks>
/// <para>Inject it in place of <see cref="ChannelWriter{T}"/> where <see cref="Publish(T)"/> is wanted; both are the same object.
/// Where several sidecars take the same type, each accepted message goes to all of them.</para>
/// <para>The host alone ends a sidecar: <see cref="ChannelWriter{T}.TryComplete"/> returns <see langword="false"/> and does nothing.
/// A <see langword="null"/> message is refused with <see cref="ArgumentNullException"/> by every verb.
/// Thread-safe, for any number of publishers.</para>
/// </remarks>
public abstract class SidecarWriter<T> : ChannelWriter<T>
{
    private protected SidecarWriter()
    {
    }

    /// <summary>How many messages wait; with several sidecars, in the fullest queue.</summary>
    public abstract int Count { get; }

    /// <summary>How many messages can wait; with several sidecars, in the smallest queue.</summary>
    public abstract int Capacity { get; }

    /// <summary>Publishes a message without ever waiting.</summary>
    /// <param name="message">The message.</param>
    /// <returns>What became of it; with several sidecars, the worst of their answers.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="message"/> is <see langword="null"/>.</exception>
    public abstract PublishResult Publish(T message);

    /// <summary>Publishes a message without ever waiting, and leaves the last places of the queue to others, which matter more.</summary>
    /// <param name="message">The message.</param>
    /// <param name="reserve">
    /// How many places are to be left free, in each queue: with no more than that many, the queue is full for this message. Publishers at the very same moment
    /// may each take one of them.
    /// </param>
    /// <returns>What became of it; with several sidecars, the worst of their answers.</returns>
    /// <remarks>A look beside the one that a publish takes anyway, where the queue keeps what it has; <c>Count</c>, to decide by, would cost more.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="message"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="reserve"/> is negative.</exception>
    public abstract PublishResult Publish(T message, int reserve);

    /// <summary>Whether the caller is a handler of a sidecar that this writer feeds, or work that the handler started, while that call runs.</summary>
    /// <value>Who publishes from there whatever happens is in danger of a loop: the message is handled, which publishes another.</value>
    public abstract bool IsInsideHandler { get; }

    /// <summary>Does nothing: the host alone ends a sidecar.</summary>
    /// <param name="error">Not used.</param>
    /// <returns><see langword="false"/>, always.</returns>
    public sealed override bool TryComplete(Exception? error = null) => false;
}
