using System.Diagnostics.CodeAnalysis;

namespace SidecarPatterns.Benchmarks;

/// <summary>Tells the parent that the host starts, and then fails again and again.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class ChaosCrasher(ChaosPlan plan) : ISidecar, ISidecarStartup
{
    /// <summary>The line that it writes.</summary>
    public const string Starting = "starting";

    private static readonly TimeSpan Life = TimeSpan.FromMilliseconds(100);

    public async ValueTask StartAsync(SidecarContext context, CancellationToken ct)
    {
        if (context.Incarnation > 1)
            return;

        Console.WriteLine(Starting);
        await Task.Delay(plan.StartTime, context.TimeProvider, ct);
    }

    public async Task RunAsync(SidecarContext context, CancellationToken ct)
    {
        await Task.Delay(Life, context.TimeProvider, ct);
        throw new IOException("chaos");
    }
}
