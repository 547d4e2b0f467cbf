using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>The state of one sidecar: one at a time, each transition logged once and told to all who watch.</summary>
/// <remarks>Thread-safe. <see cref="SidecarState.Stopped"/> and <see cref="SidecarState.Failed"/> are final.</remarks>
internal sealed class SidecarLife
{
    private readonly Lock _lock = new();
    private readonly string _name;
    private readonly ILogger _logger;
    private readonly TimeProvider _timeProvider;

    private SidecarState _state = SidecarState.Created;
    private DateTimeOffset _since;
    private int _incarnation;
    private bool _mayBecomeReady; // From the beginning of an incarnation until it has said that it is ready, or has ended.
    private long? _readyAt;
    private TransitionCause? _cause;
    private DateTimeOffset _causedAt;
    private List<WatchedSidecar>? _watchers; // Of most sidecars nobody ever watches.

    public SidecarLife(string name, ILogger logger, TimeProvider timeProvider)
    {
        _name = name;
        _logger = logger;
        _timeProvider = timeProvider;
        _since = timeProvider.GetUtcNow();
        _causedAt = _since;
    }

    public (SidecarState State, DateTimeOffset Since, int Incarnation) Read()
    {
        lock (_lock)
        {
            return (_state, _since, _incarnation);
        }
    }

    public SidecarState State
    {
        get
        {
            lock (_lock)
            {
                return _state;
            }
        }
    }

    /// <summary>How long the current incarnation has been ready.</summary>
    public TimeSpan ReadyFor
    {
        get
        {
            lock (_lock)
            {
                return _readyAt is { } at ? _timeProvider.GetElapsedTime(at) : TimeSpan.Zero;
            }
        }
    }

    /// <summary>Begins to tell of each transition, in one step with the look at the current state: none is left out, none told twice.</summary>
    /// <returns>The current state.</returns>
    public SidecarTransition Watch(WatchedSidecar watcher)
    {
        lock (_lock)
        {
            (_watchers ??= []).Add(watcher);
            return Describe(previous: null);
        }
    }

    public void Unwatch(WatchedSidecar watcher)
    {
        lock (_lock)
        {
            _watchers?.Remove(watcher);
        }
    }

    /// <returns>The number of the incarnation that begins.</returns>
    public int BeginIncarnation()
    {
        int number;
        lock (_lock)
        {
            number = ++_incarnation;
            _mayBecomeReady = true;
            _readyAt = null;
        }

        MoveTo(number == 1 ? SidecarState.Starting : SidecarState.Restarting);
        return number;
    }

    /// <summary>The current incarnation has ended: that it is ready means nothing from here on.</summary>
    public void EndIncarnation()
    {
        lock (_lock)
        {
            _mayBecomeReady = false;
        }
    }

    /// <summary>The incarnation is ready; <see langword="false"/> if it is not the current one, has ended, or said so before.</summary>
    public bool TryBecomeReady(int incarnation)
    {
        SidecarStep step;
        lock (_lock)
        {
            if (incarnation != _incarnation || !_mayBecomeReady)
            {
                return false;
            }

            _mayBecomeReady = false;
            _readyAt = _timeProvider.GetTimestamp();
            step = Enter(SidecarState.Ready, cause: null, reopens: false);
        }

        Log(step);
        return true;
    }

    /// <summary>Goes to a state, unless that one makes no sense from here. Not for whom holds a lock: it logs.</summary>
    public void MoveTo(SidecarState next, TransitionCause? cause = null) => Log(Enter(next, cause));

    /// <summary>As <see cref="MoveTo"/>, for whom holds a lock, and logs the step after it.</summary>
    public SidecarStep Enter(SidecarState next, TransitionCause? cause = null)
    {
        lock (_lock)
        {
            return Enter(next, cause, reopens: false);
        }
    }

    /// <summary>Begins anew after its end, as <see cref="Enter(SidecarState, TransitionCause?)"/>.</summary>
    public SidecarStep Reopen()
    {
        lock (_lock)
        {
            return Enter(SidecarState.Restarting, cause: null, reopens: true);
        }
    }

    public void Log(SidecarStep step)
    {
        if (step.Previous is { } previous)
        {
            SupervisionLog.StateChanged(_logger, _name, previous, step.Next);
        }
    }

    private SidecarStep Enter(SidecarState next, TransitionCause? cause, bool reopens)
    {
        var previous = _state;
        var isAllowed = reopens || IsAllowed(previous, next);
        if (!isAllowed && !IsRestartAnew(previous, next, cause))
        {
            return default;
        }

        _cause = cause;
        _causedAt = _timeProvider.GetUtcNow();
        if (isAllowed)
        {
            _state = next;
            _since = _causedAt;
        }

        TellWatchers(previous);
        return isAllowed ? new SidecarStep(previous, next) : default;
    }

    // An incarnation failed before it was ready: the state stays, but the wait for the next one is another.
    private static bool IsRestartAnew(SidecarState previous, SidecarState next, TransitionCause? cause) =>
        previous == SidecarState.Restarting && next == SidecarState.Restarting && cause is { RestartDelay: not null };

    // Under the lock, so that each of them sees the transitions in their order.
    private void TellWatchers(SidecarState previous)
    {
        if (_watchers is not { Count: > 0 })
        {
            return;
        }

        var transition = Describe(previous);
        foreach (var watcher in _watchers)
        {
            watcher.Add(transition);
        }
    }

    private SidecarTransition Describe(SidecarState? previous) => new()
    {
        SidecarName = _name,
        Previous = previous,
        State = _state,
        Time = _causedAt,
        Incarnation = _incarnation,
        RestartDelay = _cause?.RestartDelay,
        Error = _cause?.Error,
    };

    private static bool IsAllowed(SidecarState from, SidecarState to) => from switch
    {
        _ when from == to => false,
        SidecarState.Stopped or SidecarState.Failed => false,
        SidecarState.Draining => to is SidecarState.Stopped or SidecarState.Failed,
        SidecarState.Degraded => to is not SidecarState.Starting,
        SidecarState.Ready => to is not SidecarState.Degraded, // It may have become ready just now.
        SidecarState.Paused => to is not SidecarState.Degraded,
        _ when to == SidecarState.Paused => false, // Paused while it is not ready, it is so once it is.
        _ => true,
    };
}
