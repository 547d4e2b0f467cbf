using System.Diagnostics.CodeAnalysis;

namespace SidecarPatterns.Tests.Host;

/// <summary>Works until its failure is called for.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class FailingSidecar : ISidecar
{
    private static readonly TaskCompletionSource Trigger = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static void Fail() => Trigger.TrySetResult();

    public async Task RunAsync(SidecarContext context, CancellationToken ct)
    {
        await Trigger.Task.WaitAsync(ct);
        throw Cause.Instance;
    }
}

/// <summary>Waits in its start-up hook until that is cancelled.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class SlowlyStartingSidecar : ISidecar<int>, ISidecarStartup
{
    public async ValueTask StartAsync(SidecarContext context, CancellationToken ct)
    {
        Lines.Write("starting");
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, ct);
        }
        finally
        {
            Lines.Write($"start-up cancelled: {ct.IsCancellationRequested}");
        }
    }

    public ValueTask HandleAsync(int message, SidecarContext context, CancellationToken ct) => default;
}

/// <summary>Counts what it handles, at once or after a while.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class TallyingSidecar(Tally tally) : ISidecar<int>
{
    public async ValueTask HandleAsync(int message, SidecarContext context, CancellationToken ct)
    {
        if (message % 50 == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), ct); // Work, so that a queue comes to stand behind it.
        }

        if (Interlocked.Increment(ref tally.Handled) == 200)
        {
            Lines.Write("working");
        }
    }
}

/// <summary>The counts of the program's own.</summary>
internal sealed class Tally
{
    public long Accepted;
    public long Handled;
    public long Refused;
}
