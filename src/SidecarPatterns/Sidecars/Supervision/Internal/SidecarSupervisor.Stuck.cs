namespace SidecarPatterns;

/// <summary>What becomes of a sidecar whose handler does not end: it is reported, and replaced if that is asked for, but not for ever.</summary>
internal sealed partial class SidecarSupervisor
{
    /// <summary>The incarnation that is at work, or being prepared for it.</summary>
    public Incarnation? CurrentIncarnation => Volatile.Read(ref _incarnation);

    /// <summary>A call has been running for too long. Comes once for each call, from the watchdog.</summary>
    public void OnStuck(Incarnation incarnation, IWatchedLane lane, TimeSpan duration)
    {
        SupervisionLog.HandlerStuck(Logger, Name, lane.MessageType.ToString(), duration);
        if (!Options.RestartWhenStuck)
        {
            return;
        }

        var failure = new TimeoutException($"A handler call ran longer than {nameof(SidecarOptions.StuckAfter)} ({Options.StuckAfter:c}).");
        lock (_lock)
        {
            if (_incarnation != incarnation || _stage != SupervisionStage.Running || !TryReplace(incarnation, failure))
            {
                return; // It is about to end in any case.
            }
        }

        _ = GiveUpOnAsync(incarnation, lane, failure);
    }

    private async Task GiveUpOnAsync(Incarnation incarnation, IWatchedLane lane, Exception cause)
    {
        var watch = lane.Watch;
        lane.Cancel(DeadLetterReason.Interrupted);
        if (await incarnation.WhenOver.CompletesWithinAsync(SidecarConstants.AbandonGrace, Clock).ConfigureAwait(false))
        {
            return;
        }

        var spinner = default(SpinWait);
        while (lane.TryReadCall(out var number, out _) && number == watch?.Number && !lane.TryInterrupt(DeadLetterReason.Interrupted, cause))
        {
            spinner.SpinOnce();
        }
    }

    private int CountStuck() => CurrentIncarnation?.Lanes.Count(static lane =>
        lane.Watch is { IsReported: true } watch && lane.TryReadCall(out var number, out _) && number == watch.Number) ?? 0;

    /// <summary>Each call that is left behind may hold a thread, and whatever else it likes: there is an end to that.</summary>
    /// <returns>The failure for good, if there are too many.</returns>
    private InvalidOperationException? FindTooManyLeftBehind() => Worker.CallsLeftBehind is var count && count > Options.MaxAbandoned
        ? new InvalidOperationException(
            $"Sidecar '{Name}' has left {count} handler call(s) behind that ignore their cancelled token and still run; "
            + $"{nameof(SidecarOptions.MaxAbandoned)} allows {Options.MaxAbandoned}.",
            Worker.LastError)
        : null;
}
