namespace SidecarPatterns;

/// <summary>How options change while the sidecar runs.</summary>
internal sealed partial class SidecarSupervisor
{
    private bool _widens; // The incarnation leaves for one with more lanes, which goes on with its instance.

    /// <summary>Goes by other options from here on; lanes adopt them between two messages.</summary>
    public void Apply(SidecarOptions options)
    {
        lock (_lock)
        {
            Worker.Apply(options);
            if (_backoff is not null)
            {
                _backoff.Limits = RestartLimits.Of(options);
            }

            if (_incarnation is { } incarnation && !incarnation.TryResize(options.Concurrency))
            {
                _widens = true;
                incarnation.LeaveSoon();
            }
        }
    }

    /// <summary>The incarnation has left: if that was to make room for more lanes, this is the one that goes on with its instance.</summary>
    private Incarnation? TryWiden(Incarnation incarnation)
    {
        lock (_lock)
        {
            (var widens, _widens) = (_widens, false);
            if (!widens || _endsForRestart || _deadlinePassed || incarnation.WasInterrupted)
            {
                return null;
            }

            var wider = Worker.Widen(incarnation);
            Begin(wider);
            return wider;
        }
    }
}
