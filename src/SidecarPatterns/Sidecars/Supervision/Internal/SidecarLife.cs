using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>The state of one sidecar: one at a time, each transition logged once.</summary>
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
    private long? _readyAt;

    public SidecarLife(string name, ILogger logger, TimeProvider timeProvider)
    {
        _name = name;
        _logger = logger;
        _timeProvider = timeProvider;
        _since = timeProvider.GetUtcNow();
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

    public void BeginIncarnation(int number)
    {
        lock (_lock)
        {
            _incarnation = number;
            _readyAt = null;
        }

        MoveTo(number == 1 ? SidecarState.Starting : SidecarState.Restarting);
    }

    /// <summary>The incarnation is ready; <see langword="false"/> if it is not the current one, or said so before.</summary>
    public bool TryBecomeReady(int incarnation)
    {
        lock (_lock)
        {
            if (incarnation != _incarnation || _readyAt is not null)
            {
                return false;
            }

            _readyAt = _timeProvider.GetTimestamp();
        }

        MoveTo(SidecarState.Ready);
        return true;
    }

    /// <summary>Goes to a state, unless that one makes no sense from here.</summary>
    public void MoveTo(SidecarState next)
    {
        SidecarState previous;
        lock (_lock)
        {
            previous = _state;
            if (!IsAllowed(previous, next))
            {
                return;
            }

            _state = next;
            _since = _timeProvider.GetUtcNow();
        }

        SupervisionLog.StateChanged(_logger, _name, previous, next);
    }

    private static bool IsAllowed(SidecarState from, SidecarState to) => from switch
    {
        _ when from == to => false,
        SidecarState.Stopped or SidecarState.Failed => false,
        SidecarState.Draining => to is SidecarState.Stopped or SidecarState.Failed,
        SidecarState.Degraded => to is not SidecarState.Starting,
        _ => true,
    };
}
