using System.Text.Json.Serialization.Metadata;
using System.Threading.Channels;

namespace SidecarPatterns;

/// <summary>What the registration of a sidecar with messages returns: it takes the delegates that know the type of the message.</summary>
/// <typeparam name="TMessage">The type of the messages.</typeparam>
/// <remarks>Not thread-safe, as no registration is.</remarks>
public interface ISidecarBuilder<TMessage> : ISidecarBuilder
{
    /// <summary>Sets what is called with every message that a full queue dropped or evicted.</summary>
    /// <param name="callback">
    /// Runs on the publisher's thread, outside any lock, before the publishing call returns. What it throws is logged and
    /// swallowed; a publish from it to the same queue is rejected.
    /// </param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="callback"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">A callback is set already.</exception>
    ISidecarBuilder<TMessage> OnDropped(Action<OnDroppedArguments<TMessage>> callback);

    /// <summary>
    /// Says how many bytes a message has: the snapshot then shows how many wait, and <see cref="SidecarOptions.CapacityInBytes"/> can bound them.
    /// </summary>
    /// <param name="size">
    /// Measures a message, from 0; fast and without side effects. It runs once per publish, on the publisher's thread, outside any lock. If it
    /// throws, or returns less than zero, the publish throws an <see cref="InvalidOperationException"/> and no sidecar gets the message.
    /// </param>
    /// <returns>The same builder.</returns>
    /// <remarks>
    /// A message is taken if there is a place for it and its bytes fit, or if no other waits; its bytes count until it begins, like its place. A queue that
    /// evicts lets as many messages go as must give way for the new one.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="size"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">It is set already.</exception>
    ISidecarBuilder<TMessage> SizeOf(Func<TMessage, long> size);

    /// <summary>
    /// Gives each message a key. Messages of one key are handled one after the other, in the order of their publishing, retries included;
    /// messages of different keys at the same time, as far as <see cref="SidecarOptions.Concurrency"/> goes.
    /// </summary>
    /// <typeparam name="TKey">The type of the key, compared by its default equality.</typeparam>
    /// <param name="key">
    /// Reads the key; fast and without side effects, for lanes wait for it. A message for which it throws or returns <see langword="null"/>
    /// becomes a dead letter. It runs on one thread at a time.
    /// </param>
    /// <returns>The same builder.</returns>
    /// <remarks>
    /// A message that waits for its key still counts as queued, but can no longer be evicted: if all that wait are such, a full queue that
    /// evicts drops the new message instead. A retry that waits holds up its key alone.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">A key is set already.</exception>
    ISidecarBuilder<TMessage> PartitionBy<TKey>(Func<TMessage, TKey> key)
        where TKey : notnull;

    /// <summary>Sets which failures are worth another attempt, where <see cref="SidecarOptions.MaxAttempts"/> leaves one.</summary>
    /// <param name="predicate">
    /// Gets the message and what its handler threw; <see langword="false"/> makes it a dead letter at once. By default all are. What it throws
    /// itself is logged, and the message is not attempted again.
    /// </param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="predicate"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">A predicate is set already.</exception>
    ISidecarBuilder<TMessage> ShouldHandle(Func<TMessage, Exception, bool> predicate);

    /// <summary>Sends dead letters to a sink, instead of remembering the last <see cref="SidecarOptions.DeadLetterCapacity"/> of them.</summary>
    /// <param name="sink">Makes or finds the sink when the sidecars are made. Letters that it does not take are remembered, logged as an error and
    /// counted.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="sink"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">A sink is set already.</exception>
    ISidecarBuilder<TMessage> DeadLettersTo(Func<IServiceProvider, IDeadLetterSink> sink);

    /// <summary>Sends dead letters into a channel of the application; the sidecar waits for room in it.</summary>
    /// <inheritdoc cref="DeadLettersTo(Func{IServiceProvider, IDeadLetterSink})"/>
    /// <param name="channel">The channel.</param>
    /// <exception cref="ArgumentNullException"><paramref name="channel"/> is <see langword="null"/>.</exception>
    ISidecarBuilder<TMessage> DeadLettersTo(ChannelWriter<DeadLetter> channel);

    /// <summary>
    /// Appends dead letters to a file, as one line of JSON each. The file is made for its owner alone to read. Sidecars and, but on macOS, processes can share
    /// it.
    /// </summary>
    /// <inheritdoc cref="DeadLettersTo(Func{IServiceProvider, IDeadLetterSink})"/>
    /// <param name="path">The path of the file.</param>
    /// <param name="messageType">How a message is written, from a source-generated <c>JsonSerializerContext</c>, so that nothing depends on reflection.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="path"/> or <paramref name="messageType"/> is <see langword="null"/>.</exception>
    ISidecarBuilder<TMessage> DeadLettersTo(string path, JsonTypeInfo<TMessage> messageType);
}
