namespace SidecarPatterns;

/// <summary>What the registration of a sidecar with messages returns: it takes the delegates that know the type of the message.</summary>
/// <typeparam name="TMessage">The type of the messages.</typeparam>
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
}
