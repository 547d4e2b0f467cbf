using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns;

/// <summary>Leads somebody else's hosted service through the phases of its life, in the order in which a host does.</summary>
/// <remarks>The incarnation's own: one phase at a time.</remarks>
internal sealed class HostedPhases(IHostedService service) : ISidecarStartup
{
    private readonly IHostedLifecycleService? _lifecycle = service as IHostedLifecycleService;

    /// <summary>Whether a phase of its start has begun, and none of its stop.</summary>
    public bool MustStop { get; private set; }

    /// <summary>What a <see cref="BackgroundService"/> does for as long as it lives, once it has started.</summary>
    public Task? Execution => (service as BackgroundService)?.ExecuteTask;

    public async ValueTask StartAsync(SidecarContext context, CancellationToken ct)
    {
        if (service is ISidecarStartup hook)
        {
            await hook.StartAsync(context, ct).ConfigureAwait(false);
        }

        // A source of its own: a BackgroundService links what it does to the token of its start, which must mean nothing once it has started.
        using var starting = CancellationTokenSource.CreateLinkedTokenSource(ct);
        MustStop = true;
        if (_lifecycle is not null)
        {
            await _lifecycle.StartingAsync(starting.Token).ConfigureAwait(false);
            ct.ThrowIfCancellationRequested();
        }

        await service.StartAsync(starting.Token).ConfigureAwait(false);
        if (_lifecycle is not null)
        {
            ct.ThrowIfCancellationRequested();
            await _lifecycle.StartedAsync(starting.Token).ConfigureAwait(false);
        }
    }

    /// <summary>Stops the service, however far its start has come: each phase has its turn, even if the one before failed.</summary>
    /// <exception cref="AggregateException">More than one phase failed; the failure of one alone is thrown as it is.</exception>
    public async Task StopAsync(CancellationToken ct)
    {
        MustStop = false;
        var failures = new List<Exception>();
        await TryAsync(_lifecycle is null ? null : _lifecycle.StoppingAsync, failures, ct).ConfigureAwait(false);
        await TryAsync(service.StopAsync, failures, ct).ConfigureAwait(false);
        await TryAsync(_lifecycle is null ? null : _lifecycle.StoppedAsync, failures, ct).ConfigureAwait(false);
        if (failures.Count > 1)
        {
            throw new AggregateException(failures);
        }

        if (failures.Count == 1)
        {
            ExceptionDispatchInfo.Throw(failures[0]);
        }
    }

    private static async Task TryAsync(Func<CancellationToken, Task>? phase, List<Exception> failures, CancellationToken ct)
    {
        try
        {
            await (phase?.Invoke(ct) ?? Task.CompletedTask).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // Its time was over, and it obeyed.
        }
#pragma warning disable CA1031 // Thrown once the other phases have had their turn.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            failures.Add(exception);
        }
    }
}
