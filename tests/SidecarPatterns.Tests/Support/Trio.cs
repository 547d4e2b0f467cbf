using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Three sidecars, "first", "second" and "third", in one group; a test ends their incarnations when it likes. Thread-safe.</summary>
internal sealed class Trio
{
    /// <summary>Their names, in order.</summary>
    public static readonly IReadOnlyList<string> Names = ["first", "second", "third"];

    private readonly ConcurrentDictionary<string, TaskCompletionSource> _ends = new();

    public Trio()
    {
        First.Run = (_, ct) => RunAsync("first", ct);
        Second.Run = (_, ct) => RunAsync("second", ct);
        Third.Run = (_, ct) => RunAsync("third", ct);
    }

    public Script<First> First { get; } = new();

    public Script<Second> Second { get; } = new();

    public Script<Third> Third { get; } = new();

    /// <summary>A line for each begin of a run (<c>+first</c>) and each end of one (<c>-first</c>).</summary>
    public Journal Journal { get; } = new();

    /// <summary>Builds a host with the group.</summary>
    /// <param name="strategy">Its strategy.</param>
    /// <param name="group">Its options.</param>
    /// <param name="configure">The options of each member.</param>
    /// <param name="builders">What else to say of each member.</param>
    public TestHost Build(
        SidecarGroupStrategy strategy,
        Action<SidecarGroupOptions>? group = null,
        Action<string, SidecarOptions>? configure = null,
        Action<ISidecarBuilder>? builders = null) => TestHost.Build(services =>
        {
            foreach (var builder in (ISidecarBuilder[])[
                services.AddRun(First, "first", options => configure?.Invoke("first", options)),
                services.AddRun(Second, "second", options => configure?.Invoke("second", options)),
                services.AddRun(Third, "third", options => configure?.Invoke("third", options))])
            {
                builder.InGroup("trio");
                builders?.Invoke(builder);
            }

            services.AddSidecarGroup("trio", strategy, group);
        });

    /// <summary>Starts a host and waits until all members run, the optional ones too.</summary>
    public static async Task StartAsync(TestHost host)
    {
        await host.StartAsync();
        await AllAsync(host, SidecarState.Ready);
    }

    /// <summary>Waits until all members are in a state.</summary>
    public static async Task AllAsync(TestHost host, SidecarState state)
    {
        foreach (var name in Names)
        {
            await host.StateAsync(name, state);
        }
    }

    /// <summary>Makes a member fail, lets the delay of its restart pass, and waits until all are ready.</summary>
    public async Task FailAndRestartAsync(TestHost host, string name, double seconds)
    {
        var restarts = host.Snapshot(name).Restarts;
        Fail(name);
        await PassDelayAsync(host, seconds);
        await Eventually.HoldsAsync(() => host.Snapshot(name).Restarts == restarts + 1);
        await AllAsync(host, SidecarState.Ready);
    }

    /// <summary>Lets the delay of a restart pass, give or take its jitter.</summary>
    public static async Task PassDelayAsync(TestHost host, double seconds) => await host.Clock.AdvanceAsync(
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(seconds * 0.8), TimeSpan.FromSeconds(seconds * 1.2)));

    /// <summary>Makes a member that runs fail.</summary>
    /// <returns>What it fails with.</returns>
    public Exception Fail(string name)
    {
        var failure = new IOException(name + " broke");
        _ends[name].TrySetException(failure);
        return failure;
    }

    /// <summary>Makes a member that runs return.</summary>
    public void Return(string name) => _ends[name].TrySetResult();

    /// <summary>Waits until the journal, from a line on, is what is expected.</summary>
    public Task WroteAsync(int from, string expected) => Eventually.HoldsAsync(
        () => string.Join(' ', Journal.Lines.Skip(from)) == expected, $"the journal has '{expected}'; it has '{string.Join(' ', Journal.Lines.Skip(from))}'");

    private async Task RunAsync(string name, CancellationToken ct)
    {
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _ends[name] = end;
        Journal.Add("+" + name);
        try
        {
            await end.Task.WaitAsync(ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // It was told to end.
        }
        finally
        {
            Journal.Add("-" + name);
        }
    }
}
