namespace SidecarPatterns.Tests;

/// <summary>What somebody else's hosted service does in a test; by default nothing in its phases, and work until it is stopped.</summary>
internal class HostedScript : Script
{
    /// <summary>The phases that instances have come to, in order, and their disposals.</summary>
    public Journal Journal { get; init; } = new();

    /// <summary>Called in each phase after it was written down, with the name of the phase.</summary>
    public Func<string, CancellationToken, Task> OnPhase { get; set; } = static (_, _) => Task.CompletedTask;

    /// <summary>In <c>ExecuteAsync</c>, of those that have one.</summary>
    public Func<CancellationToken, Task> Execute { get; set; } = UntilCancelledAsync;

    /// <summary>A script whose phase of a name does something.</summary>
    public static Func<string, CancellationToken, Task> In(string phase, Func<CancellationToken, Task> act) =>
        (current, ct) => current == phase ? act(ct) : Task.CompletedTask;

    public Task PassAsync(string phase, CancellationToken ct)
    {
        Journal.Add(phase);
        return OnPhase(phase, ct);
    }
}

/// <inheritdoc cref="Script{TKey}"/>
internal sealed class HostedScript<TKey> : HostedScript;
