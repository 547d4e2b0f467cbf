using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns;

/// <summary>The life of one incarnation: made in a scope of its own, prepared, run, disposed of.</summary>
internal sealed partial class SidecarSupervisor
{
    private async Task<IncarnationEnd> RunIncarnationAsync()
    {
        var number = _life.BeginIncarnation();
        AsyncServiceScope? scope = null;
        Incarnation? incarnation = null;
        Exception? error = null;
        var isWorking = false;
        try
        {
            scope = _environment.Services.CreateAsyncScope();
            var services = scope.Value.ServiceProvider;
            var context = new SidecarContext(
                Name, services, _environment.LoggerFor(Name), Clock, number, readiness: this);
            incarnation = Worker.Create(services, context);
            Begin(incarnation);
            if (incarnation.Startup is { } startup && _stage != SupervisionStage.Overdue)
            {
                await PrepareAsync(startup, context, isFirst: number == 1).ConfigureAwait(false);
            }

            // Else the stop came before the work had begun.
            isWorking = _stage == SupervisionStage.Running || (_stage == SupervisionStage.Draining && Worker.EndsWhenDrained);
            if (isWorking)
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
        }
#pragma warning disable CA1031 // The edge of the sidecar's own code: the policy answers whatever it throws.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            error = exception;
        }

        lock (_lock)
        {
            _incarnation = null;
            _degradedReason = null;
            _hurry = default;
        }

        _life.EndIncarnation();
        incarnation?.SetOver();
        await DisposeAsync(incarnation, scope).ConfigureAwait(false);
        return new IncarnationEnd(number, incarnation, error, FailedToStart: error is not null && !isWorking);
    }

    private void Begin(Incarnation incarnation)
    {
        lock (_lock)
        {
            _incarnation = incarnation;
            if (_stage != SupervisionStage.Running)
            {
                incarnation.Stop();
            }
            else if (_isPaused)
            {
                incarnation.HoldSoon();
            }

            if (_stage == SupervisionStage.Overdue)
            {
                EndAtOnce(incarnation);
            }
            else if (_stage == SupervisionStage.Running && IsHeld)
            {
                TryReplace(incarnation); // While it was being made, its group took its turn away.
            }
        }
    }

    public void OnDegraded(int incarnation, string? reason)
    {
        lock (_lock)
        {
            if (_incarnation?.Context.Incarnation == incarnation)
            {
                _degradedReason = reason;
            }
        }
    }

    /// <summary>Runs the start-up hook. Who starts the host watches the time of the first; a restart has nobody but the supervisor.</summary>
    private async Task PrepareAsync(ISidecarStartup startup, SidecarContext context, bool isFirst)
    {
        if (isFirst)
        {
            await startup.StartAsync(context, _givingUp.Token).ConfigureAwait(false);
            return;
        }

        using var limit = new CancellationTokenSource(Options.StartupTimeout, Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _givingUp.Token);
        try
        {
            await startup.StartAsync(context, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (limit.IsCancellationRequested && !_givingUp.IsCancellationRequested)
        {
            throw new TimeoutException(
                $"The start took longer than {nameof(SidecarOptions.StartupTimeout)} ({Options.StartupTimeout:c}).",
                exception);
        }
    }

    public void OnReady(int incarnation)
    {
        if (!_life.TryBecomeReady(incarnation))
        {
            return;
        }

        _started.TrySetResult(null);
        SidecarStep step;
        lock (_lock)
        {
            step = _isPaused ? _life.Enter(SidecarState.Paused) : default;
            if (_incarnation is { LeavesFor: not LeaveReason.Restart } current && current.Context.Incarnation == incarnation)
            {
                _restart?.TrySetResult();
                _restart = null;
            }
        }

        _life.Log(step);
        TellGoneOn();
    }

    /// <summary>Disposes of the instance and its scope, but never under code that still runs.</summary>
    private async Task DisposeAsync(Incarnation? incarnation, AsyncServiceScope? scope)
    {
        var disposal = Task.Run(() => DisposeWhenQuietAsync(incarnation, scope));
        if (incarnation is { WasInterrupted: true, Quiet.IsCompleted: false })
        {
            return; // It was given up on: it is disposed of when its code ends, if it ever does.
        }

        if (!await disposal.CompletesWithinAsync(Options.DrainTimeout, Clock).ConfigureAwait(false))
        {
            SupervisionLog.DisposeHangs(Logger, Name);
        }
    }

    private async Task DisposeWhenQuietAsync(Incarnation? incarnation, AsyncServiceScope? scope)
    {
        if (incarnation is not null)
        {
            await incarnation.Quiet.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await DisposeOfAsync(incarnation).ConfigureAwait(false);
        }

        if (scope is not null)
        {
            await DisposeOfAsync(scope).ConfigureAwait(false);
        }
    }

    private async Task DisposeOfAsync(IAsyncDisposable disposable)
    {
        try
        {
            await disposable.DisposeAsync().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The sidecar's own code again: its end is decided already, so this can only be told.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            SupervisionLog.DisposeFailed(Logger, Name, exception);
        }
    }

    /// <summary>How an incarnation, if one could be made, ended: in order, or by an error, before or after its work had begun.</summary>
    private readonly record struct IncarnationEnd(int Number, Incarnation? Incarnation, Exception? Error, bool FailedToStart);
}
