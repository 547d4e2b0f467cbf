using System.Threading.Channels;

namespace SidecarPatterns;

/// <summary>What one watcher has yet to see of one sidecar: bounded, and the newest stay, so that it learns the last state however slow it is.</summary>
/// <param name="turns">The watcher's: this sidecar stands in it once for each transition that waits here, among those of the others.</param>
/// <remarks>Thread-safe. It is added to under the lock of the sidecar's life, so it neither waits nor runs anybody's code.</remarks>
internal sealed class WatchedSidecar(ChannelWriter<WatchedSidecar> turns)
{
    private readonly Lock _lock = new();
    private readonly Queue<SidecarTransition> _waiting = new();
    private long _missed;

    public void Add(SidecarTransition transition)
    {
        lock (_lock)
        {
            if (_waiting.Count == SidecarConstants.WatchedTransitions)
            {
                _waiting.Dequeue(); // The next one has its turn.
                _missed++;
            }
            else if (!turns.TryWrite(this))
            {
                return; // The watch is over.
            }

            _waiting.Enqueue(transition);
        }
    }

    /// <summary>The oldest transition that waits; only for whom has read a turn.</summary>
    public SidecarTransition Take()
    {
        lock (_lock)
        {
            var transition = _waiting.Dequeue();
            if (_missed > 0)
            {
                transition = transition with { Missed = _missed };
                _missed = 0;
            }

            return transition;
        }
    }
}
