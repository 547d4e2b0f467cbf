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
            Volatile.Write(ref _options, options);
            _backoff.Limits = RestartLimits.Of(options);
            Worker.Apply(options);
            if (_incarnation is { } incarnation && !incarnation.TryResize(options.Concurrency))
            {
                _widens = true;
                incarnation.LeaveSoon();
            }
        }
    }

    /// <summary>Works until the incarnation has ended; on the way it may be replaced by one with more lanes.</summary>
    private async Task RunAsync(Incarnation incarnation)
    {
        await incarnation.RunAsync().ConfigureAwait(false);
        while (TryWiden(incarnation) is { } wider)
        {
            incarnation.SetOver();
            await incarnation.DisposeAsync().ConfigureAwait(false);
            incarnation = wider;
            await incarnation.RunAsync().ConfigureAwait(false);
        }
    }

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
