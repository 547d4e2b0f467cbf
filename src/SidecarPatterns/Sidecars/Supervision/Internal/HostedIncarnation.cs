using Microsoft.Extensions.Hosting;

namespace SidecarPatterns;

/// <summary>One life of a hosted service that runs as a sidecar: its start is the hook, its stop is what the incarnation ends with.</summary>
/// <remarks>The token of <see cref="Incarnation.Token"/> is cancelled when the time to drain is over, and so is that of the stop's phases.</remarks>
internal sealed class HostedIncarnation : WorkIncarnation
{
    private readonly HostedPhases _phases;
    private readonly TimeSpan _stopTimeout;
    private readonly TaskCompletionSource _stopRequested = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="service">The instance.</param>
    /// <param name="ownsService">Whether to dispose of it.</param>
    /// <param name="context">What it knows of itself.</param>
    /// <param name="stopTimeout">How long it may take to stop where nobody waits for the host.</param>
    public HostedIncarnation(IHostedService service, bool ownsService, SidecarContext context, TimeSpan stopTimeout)
        : base(service, ownsService, context)
    {
        _phases = new HostedPhases(service);
        _stopTimeout = stopTimeout;
    }

    public override ISidecarStartup Startup => _phases;

    /// <summary>What it did is what counts: it is stopped after that.</summary>
    public override bool HasReturned => _phases.Execution is { IsCompletedSuccessfully: true };

    public override Task RunAsync()
    {
        ReportRunning(); // It has started.
        return WaitForAsync(WorkAsync());
    }

    public override void Stop() => _stopRequested.TrySetResult();

    /// <summary>Stops what ended by itself, or failed to start, and then disposes of it: it may hold what its successor needs.</summary>
    public override async ValueTask DisposeAsync()
    {
        try
        {
            if (_phases.MustStop)
            {
                await StopWithinAsync(_stopTimeout).ConfigureAwait(false);
            }
        }
        finally
        {
            await base.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Until the service has done what it does, or is to stop and has stopped.</summary>
    private async Task WorkAsync()
    {
        var execution = _phases.Execution; // A service that is no BackgroundService works until it is stopped.
        await Task.WhenAny(execution ?? _stopRequested.Task, _stopRequested.Task).ConfigureAwait(false);
        try
        {
            if (_stopRequested.Task.IsCompleted)
            {
                await _phases.StopAsync(Token).ConfigureAwait(false);
            }
        }
        finally
        {
            // It may outlast its stop: while its code runs, the incarnation has not ended.
            await (execution ?? Task.CompletedTask).ConfigureAwait(false);
        }
    }

    private async Task StopWithinAsync(TimeSpan limit)
    {
        using var timer = new CancellationTokenSource(limit, Context.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, Token);
        await _phases.StopAsync(either.Token).ConfigureAwait(false);
        await (_phases.Execution ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // Its end is known, or decided.
    }
}
