namespace SidecarPatterns;

/// <summary>What a group does to its members: stops those that a failure concerns, last first, waits, and starts them, first first.</summary>
internal sealed partial class SidecarGroup
{
    // Guarded by the lock: those that are to be restarted and have not been started yet, what the last failure among them was, and how often
    // that has changed.
    private readonly HashSet<SidecarSupervisor> _concerned = [];
    private SidecarSupervisor? _lastFailed;
    private TimeSpan _delay;
    private int _plans;

    private GroupFall? _fall;
    private bool _isUnderWay;
    private CancellationTokenSource? _wait;

    /// <summary>Does not wait on before a restart. Without the lock, since it may be called under that of a member.</summary>
    public void Hurry() => _ = Volatile.Read(ref _wait)?.CancelAsync();

    /// <summary>A member stops: with the host, so that no restart is to come after it, or by itself.</summary>
    public void OnStopping()
    {
        if (_isHostStopping())
        {
            Hurry();
        }
    }

    private void PlanRound(SidecarSupervisor member, TimeSpan delay)
    {
        member.Hold();
        var isRest = false;
        foreach (var other in _members)
        {
            isRest |= other == member;
            if (other == member || ((isRest || _strategy == SidecarGroupStrategy.OneForAll) && other.IsAtWork))
            {
                _concerned.Add(other);
            }
        }

        _lastFailed = member;
        _delay = delay;
        _plans++;
        BeginRounds();
    }

    private void BeginRounds()
    {
        if (!_isUnderWay)
        {
            _isUnderWay = true;
            _ = Unflowed.Run(static self => Task.Run(self.RunRoundsAsync), this);
        }
    }

    private async Task RunRoundsAsync()
    {
        while (TryTakeWork(out var fall, out var round))
        {
            if (fall is not null)
            {
                await TakeDownAsync(fall).ConfigureAwait(false);
            }
            else
            {
                await RestartAsync(round).ConfigureAwait(false);
            }
        }
    }

    private bool TryTakeWork(out GroupFall? fall, out Round round)
    {
        lock (_lock)
        {
            fall = _fall;
            round = default;
            if (_isHostStopping())
            {
                _concerned.Clear(); // Their own stop lets them go on, as far as they have something to drain.
            }

            if (fall is null && _concerned.Count == 0)
            {
                _isUnderWay = false;
                return false;
            }

            round = new Round([.. _members.Where(_concerned.Contains)], _lastFailed!, _delay, _plans);
            _wait = new CancellationTokenSource();
            return true;
        }
    }

    private async Task RestartAsync(Round round)
    {
        var wait = Task.Delay(round.Delay, _timeProvider, _wait!.Token);
        if (round.Members.Length > 1)
        {
            SupervisionLog.GroupRestarts(_logger, Name, string.Join(", ", round.Members.Select(static member => member.Name)), round.Failed.Name);
        }

        foreach (var member in round.Members.Reverse())
        {
            await StandDownAsync(member).ConfigureAwait(false);
        }

        await wait.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var member in round.Members)
        {
            if (!TryLetGoOn(member, round.Plan, out var goneOn))
            {
                return; // Another failure, or the stop: what is left is looked at anew.
            }

            // An optional one too: here it holds up nobody but those that fail along with it.
            await goneOn.CompletesWithinAsync(member.Options.StartupTimeout, _timeProvider).ConfigureAwait(false);
        }
    }

    /// <summary>In one step with the look whether anything has changed: a failure after it finds the member at work, and stops it.</summary>
    private bool TryLetGoOn(SidecarSupervisor member, int plan, out Task goneOn)
    {
        lock (_lock)
        {
            goneOn = Task.CompletedTask;
            if (_plans != plan || _fall is not null || _isHostStopping())
            {
                return false;
            }

            _concerned.Remove(member);
            goneOn = member.GoOn();
            return true;
        }
    }

    /// <summary>Waits until a member stands still, but not for ever: it goes on without being asked if it comes to it too late.</summary>
    private async Task StandDownAsync(SidecarSupervisor member)
    {
        // The call in flight, the moment after its cancellation, and the disposal of the instance.
        var limit = (member.Options.HandlerTimeout ?? member.Options.DrainTimeout) + SidecarConstants.AbandonGrace + member.Options.DrainTimeout;
        limit = limit < SidecarConstants.MaxDuration ? limit : SidecarConstants.MaxDuration;
        if (!await member.StandDown().CompletesWithinAsync(limit, _timeProvider).ConfigureAwait(false))
        {
            SupervisionLog.GroupMemberHangs(_logger, member.Name, Name, limit);
        }
    }

    private async Task TakeDownAsync(GroupFall fall)
    {
        foreach (var member in _members.Reverse().Where(member => member != fall.Origin))
        {
            await StandDownAsync(member).ConfigureAwait(false);
            var cause = new InvalidOperationException(
                $"Sidecar '{fall.Origin.Name}' failed for good, and with it group '{Name}': {fall.Cause.Message}", fall.Cause);
            await member.FallAlong(cause).CompletesWithinAsync(SidecarConstants.AbandonGrace, _timeProvider).ConfigureAwait(false);
        }

        lock (_lock)
        {
            _fall = null;
            _concerned.Clear();
            foreach (var member in _members)
            {
                member.GoOn(); // One that somebody opened again in the meantime.
            }
        }

        if (IsCritical)
        {
            fall.Origin.TellHost(fall.Cause);
        }
    }

    /// <summary>What a failure calls for, as it stood when the round began.</summary>
    /// <param name="Members">Those to restart, in the order of their start.</param>
    /// <param name="Failed">The one that failed last.</param>
    /// <param name="Delay">How long to wait before the first of them starts.</param>
    /// <param name="Plan">The number of the plan that this is: another one, and the round is out of date.</param>
    private readonly record struct Round(SidecarSupervisor[] Members, SidecarSupervisor Failed, TimeSpan Delay, int Plan);
}
