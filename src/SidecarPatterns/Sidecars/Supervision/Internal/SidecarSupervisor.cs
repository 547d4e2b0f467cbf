using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>The life of one sidecar: starts it, restarts it as its policy says, escalates, and ends it in order.</summary>
/// <remarks>
/// All of the sidecar's own code runs on the thread pool, never on the thread that starts or stops the host: code that blocks its thread can
/// make the supervisor's patience run out, but not hang it.
/// <para>What is wanted of it stands in two places: of the whole in its <see cref="SupervisionStage"/>, of an incarnation in what that leaves for, a
/// <see cref="LeaveReason"/>. This file goes from one incarnation to the next. One incarnation's life is in <c>SidecarSupervisor.Incarnations.cs</c>, how it
/// adopts new options in <c>SidecarSupervisor.Options.cs</c>; what failures lead to in <c>SidecarSupervisor.Failures.cs</c>, handlers that do not end in
/// <c>SidecarSupervisor.Stuck.cs</c>; what the control asks for in <c>SidecarSupervisor.Control.cs</c>, a group in <c>SidecarSupervisor.Group.cs</c>; the end
/// of all in <c>SidecarSupervisor.Stop.cs</c>.</para>
/// </remarks>
internal sealed partial class SidecarSupervisor : IReadiness
{
    private static readonly TaskCompletionSource<Exception?> Decided = MakeDecided();

    private readonly SidecarEnvironment _environment;
    private readonly SidecarLife _life;
    private RestartBackoff? _backoff; // Made for the first restart.
    private readonly Action<SidecarSupervisor, Exception> _onCriticalFailure;

    // Completes once the first start is decided: null when ready (or done), else why it failed.
    private TaskCompletionSource<Exception?> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Ends the preparation of an incarnation that would come too late or have nothing to do.
    private LazyCancellation _givingUp;

    // Guards what follows, and what the other parts have. The supervisor's own loop reads the stage without it: a step may come a moment after the look.
    private readonly Lock _lock = new();
    private SupervisionStage _stage;
    private Task? _supervision; // Set once it is started.
    private Task? _stop;
    private Incarnation? _incarnation;
    private LazyCancellation _hurry; // Ends the delay before the next incarnation: another one after each that has ended.

    private string? _degradedReason; // Of the current incarnation.

    public SidecarSupervisor(
        string name,
        SidecarWorker worker,
        SidecarEnvironment environment,
        Action<SidecarSupervisor, Exception> onCriticalFailure)
    {
        Name = name;
        Worker = worker;
        _environment = environment;
        _life = new SidecarLife(name, Logger, Clock);
        _onCriticalFailure = onCriticalFailure;
    }

    public string Name { get; }

    /// <inheritdoc cref="SidecarWorker.Options"/>
    public SidecarOptions Options => Worker.Options;

    /// <summary>Why the last change of the configuration was not adopted.</summary>
    public string? OptionsError { get; set; }

    public SidecarWorker Worker { get; }

    public SidecarLife Life => _life;

    public bool WasStarted => _supervision is not null;

    public int Restarts => RestartsUntil(_life.Read().Incarnation);

    private TimeProvider Clock => _environment.TimeProvider;

    private ILogger Logger => _environment.SupervisionLogger;

    /// <summary>Starts the sidecar and waits until it is ready.</summary>
    /// <exception cref="SidecarStartException">It is critical, and failed to start or was not ready in time.</exception>
    /// <exception cref="OperationCanceledException">The host gave up starting.</exception>
    public async Task StartAsync(CancellationToken ct)
    {
        lock (_lock)
        {
            // What the flow of the host's start carries is not the sidecar's.
            _supervision = Unflowed.Run(static self => Task.Run(self.SuperviseAsync), this);
        }

        if (!await _started.Task.CompletesWithinAsync(Options.StartupTimeout, Clock, ct).ConfigureAwait(false))
        {
            ct.ThrowIfCancellationRequested();
            if (!Options.Critical)
            {
                SupervisionLog.NotReadyInTime(Logger, Name, Options.StartupTimeout);
                _life.MoveTo(SidecarState.Degraded);
                return;
            }

            var late = new SidecarStartException(
                Name,
                $"Sidecar '{Name}' was not ready within {nameof(SidecarOptions.StartupTimeout)} ({Options.StartupTimeout:c}){NotReadyHint()}.",
                Worker.LastError);
            TellFailure(late);
            throw late;
        }

        if (await _started.Task.ConfigureAwait(false) is { } failure && Options.Critical)
        {
            throw new SidecarStartException(Name, $"Sidecar '{Name}' failed to start: {failure.Message}", failure);
        }

        _started = Decided; // Nobody asks again, and an idle sidecar is to be small.
    }

    public SidecarSnapshot TakeSnapshot(bool hostIsStopping)
    {
        var (state, since, incarnation) = _life.Read();
        var account = Worker.ReadAccount();
        var rejected = account.Rejected ?? [];
        var dropped = account.Dropped ?? [];
        return new SidecarSnapshot
        {
            Name = Name,
            State = state,
            Since = since,
            IsReady = !hostIsStopping && (state is SidecarState.Ready or SidecarState.Paused ||
                (state == SidecarState.Degraded && !Options.Critical)),
            Critical = Options.Critical,
            DegradedReason = Volatile.Read(ref _degradedReason),
            Accepted = account.Accepted,
            Handled = account.Handled,
            DeadLettered = account.DeadLettered,
            Evicted = account.Evicted,
            Abandoned = account.Abandoned,
            Queued = account.Queued,
            InFlight = account.InFlight,
            Capacity = account.Capacity,
            QueuedBytes = account.QueuedBytes,
            CapacityInBytes = account.CapacityInBytes,
            Rejected = rejected.Values.Sum(),
            RejectedByReason = rejected,
            Dropped = dropped.Values.Sum(),
            DroppedByReason = dropped,
            Late = account.Late,
            AbandonedCalls = account.AbandonedCalls,
            Stuck = CountStuck(),
            BusyTime = account.BusyTime,
            Forgotten = account.Forgotten,
            Share = Worker.Share,
            OptionsError = OptionsError,
            Incarnation = incarnation,
            Restarts = RestartsUntil(incarnation),
            LastError = Worker.LastError,
        };
    }

    private static TaskCompletionSource<Exception?> MakeDecided()
    {
        var decided = new TaskCompletionSource<Exception?>();
        decided.SetResult(null);
        return decided;
    }

    private static int RestartsUntil(int incarnation) => Math.Max(incarnation - 1, 0);

    private string NotReadyHint() => Options.WaitForSignal
        ? $"; {nameof(SidecarOptions.WaitForSignal)} is set, so it must call {nameof(SidecarContext)}.{nameof(SidecarContext.SignalReady)}"
        : "";

    private async Task SuperviseAsync()
    {
        while (!TryFallAlong())
        {
            var end = await RunIncarnationAsync().ConfigureAwait(false);
            var isLast = IsLast(end, out var delay);
            TellGoneOn();
            if (isLast)
            {
                break;
            }

            await DelayAsync(delay).ConfigureAwait(false);
            await WaitForTurnAsync().ConfigureAwait(false);
            if (_stage == SupervisionStage.Overdue || (_stage == SupervisionStage.Draining && !Worker.HasMessagesLeft) || TryFallAlong())
            {
                break; // Nothing is left that another incarnation would have to drain, or no time to do so.
            }
        }

        EndForNow();
    }

    /// <summary>What the end of an incarnation means: whether it was the last, or how long the next one waits.</summary>
    private bool IsLast(IncarnationEnd end, out TimeSpan delay)
    {
        delay = TimeSpan.Zero;
        if (_stage != SupervisionStage.Running)
        {
            return IsLastWhileStopping(end);
        }

        if (FindTooManyLeftBehind() is { } tooMany)
        {
            Worker.LastError = tooMany;
            Escalate(tooMany);
            return true;
        }

        if (end.Incarnation is { LeavesFor: LeaveReason.Restart } left)
        {
            if (left.LeaveFailure is null)
            {
                _backoff?.Reset();
                _life.MoveTo(SidecarState.Restarting);
                return false;
            }

            end = end with { Error = left.LeaveFailure, FailedToStart = false };
        }

        if (end.Error is null && Options.RestartPolicy != RestartPolicy.Always)
        {
            Worker.Finish();
            _life.MoveTo(SidecarState.Stopped);
            _started.TrySetResult(null);
            return true;
        }

        Worker.LastError = end.Error ?? Worker.LastError;
        var mayRestart = end.Error is null || (Options.RestartPolicy != RestartPolicy.Never && !(end.FailedToStart && end.Number == 1 && Options.Critical));
        if (!mayRestart || !TryPlanRestart(end.Error, end.Number, out delay))
        {
            Escalate(end.Error!);
            return true;
        }

        return false;
    }

    /// <summary>Waits before the next incarnation. A stop and a restart by hand end that; a group waits by itself for those that it holds.</summary>
    private async Task DelayAsync(TimeSpan delay)
    {
        CancellationToken hurry;
        lock (_lock)
        {
            if (IsHeld)
            {
                return;
            }

            hurry = _hurry.Token;
        }

        await Task.Delay(delay, Clock, hurry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>The last incarnation has ended.</summary>
    private void EndForNow()
    {
        lock (_lock)
        {
            _stage = SupervisionStage.Ended;
            _restart?.TrySetException(new InvalidOperationException($"Sidecar '{Name}' ended before it was ready again.", Worker.LastError));
            _restart = null;
            _standstill?.Reach();
            _standstill?.GoneOn();
            _standstill = null;
        }
    }
}
