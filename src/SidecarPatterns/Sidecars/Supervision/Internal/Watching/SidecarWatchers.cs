using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace SidecarPatterns;

/// <summary>All who watch the lives of a host's sidecars.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class SidecarWatchers
{
    private readonly Lock _lock = new();
    private readonly List<ChannelWriter<WatchedSidecar>> _open = [];
    private bool _isOver;

    /// <summary>Tells how each life stands, and then every step of any, until all is over.</summary>
    public async IAsyncEnumerable<SidecarTransition> WatchAsync(
        IEnumerable<SidecarLife> lives, [EnumeratorCancellation] CancellationToken ct)
    {
        // Continuations are asynchronous by default: the watcher's code never runs on the thread that moves a life.
        var turns = Channel.CreateUnbounded<WatchedSidecar>(new UnboundedChannelOptions { SingleReader = true });
        var watched = lives.Select(life => (Life: life, Sidecar: new WatchedSidecar(turns.Writer))).ToArray();
        Open(turns.Writer);
        try
        {
            // All at once, before the first is told of: what happens from here on waits for its turn.
            foreach (var current in Array.ConvertAll(watched, static one => one.Life.Watch(one.Sidecar)))
            {
                ct.ThrowIfCancellationRequested();
                yield return current;
            }

            while (await turns.Reader.WaitToReadAsync(ct).ConfigureAwait(false))
            {
                while (turns.Reader.TryRead(out var sidecar))
                {
                    ct.ThrowIfCancellationRequested();
                    yield return sidecar.Take();
                }
            }
        }
        finally
        {
            foreach (var (life, sidecar) in watched)
            {
                life.Unwatch(sidecar);
            }

            Close(turns.Writer);
        }
    }

    /// <summary>The host is disposed of: each watch ends once its watcher has seen what there is.</summary>
    public void End()
    {
        lock (_lock)
        {
            _isOver = true;
            foreach (var turns in _open)
            {
                turns.TryComplete();
            }
        }
    }

    private void Open(ChannelWriter<WatchedSidecar> turns)
    {
        lock (_lock)
        {
            _open.Add(turns);
            if (_isOver)
            {
                turns.TryComplete();
            }
        }
    }

    private void Close(ChannelWriter<WatchedSidecar> turns)
    {
        lock (_lock)
        {
            _open.Remove(turns);
        }
    }
}
