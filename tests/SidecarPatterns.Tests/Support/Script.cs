using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Tests;

/// <summary>What a sidecar of a test does; by default it works until it is stopped, and handles at once.</summary>
internal class Script
{
    private int _created;
    private int _disposed;

    /// <summary>In the constructor.</summary>
    public Action Create { get; set; } = static () => { };

    /// <summary>In the start-up hook, of those that have one.</summary>
    public Func<SidecarContext, CancellationToken, Task> Start { get; set; } = static (_, _) => Task.CompletedTask;

    /// <summary>In <c>RunAsync</c>.</summary>
    public Func<SidecarContext, CancellationToken, Task> Run { get; set; } = static (_, ct) => UntilCancelledAsync(ct);

    /// <summary>In <c>HandleAsync</c>.</summary>
    public Func<int, SidecarContext, CancellationToken, ValueTask> Handle { get; set; } = static (_, _, _) => default;

    /// <summary>In <c>DisposeAsync</c>.</summary>
    public Func<Task> Dispose { get; set; } = static () => Task.CompletedTask;

    /// <summary>How many instances were made.</summary>
    public int Created => Volatile.Read(ref _created);

    /// <summary>How many instances were disposed of, wholly.</summary>
    public int Disposed => Volatile.Read(ref _disposed);

    /// <summary>Waits for a token and then returns in order.</summary>
    public static async Task UntilCancelledAsync(CancellationToken ct) =>
        await Task.Delay(Timeout.InfiniteTimeSpan, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Waits in a run until the host has started and this sidecar is ready: what a run does before, it may do while it starts.</summary>
    public static async Task UntilReadyAsync(SidecarContext context)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = context.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted.Register(started.SetResult);
        await started.Task.InTime();
        var control = context.Services.GetRequiredService<ISidecarControl>();
        await Eventually.HoldsAsync(() => control.GetSnapshot(context.Name).State == SidecarState.Ready);
    }

    public void OnCreate()
    {
        Interlocked.Increment(ref _created);
        Create();
    }

    public async ValueTask OnDisposeAsync()
    {
        await Dispose();
        Interlocked.Increment(ref _disposed);
    }
}

/// <summary>A script of its own for each key, so that a test can have several.</summary>
internal sealed class Script<TKey> : Script;

/// <summary>A key of a <see cref="Script{TKey}"/>.</summary>
internal sealed class First;

/// <inheritdoc cref="First"/>
internal sealed class Second;

/// <inheritdoc cref="First"/>
internal sealed class Third;
