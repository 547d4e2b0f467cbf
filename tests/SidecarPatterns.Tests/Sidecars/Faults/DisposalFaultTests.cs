namespace SidecarPatterns.Tests;

/// <summary>Instances that can not be disposed of.</summary>
internal sealed class DisposalFaultTests
{
    private const string Name = "clinging";

    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(7);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    [Test]
    [CancelAfter(170_000)]
    public async Task Dispose_HangsAtTheStop_IsAbandonedWhenItsTimeIsOver()
    {
        var account = new Account();
        var held = new SyncPoint();
        var script = new Script<First> { Dispose = () => held.PassAsync(), Handle = account.Counting<int>(static _ => { }) };
        await using var host = TestHost.Build(
            services => services.AddHandler(script, Name, static options => options.DrainTimeout = DrainTimeout));
        await host.StartAsync();
        await account.WriteAsync(host.Writer<int>(), 1);

        var stop = host.StopAsync();
        await held.ReachedAsync();
        await host.Clock.AdvanceUntilAsync(Grace, () => stop.IsCompleted);
        await stop;

        account.AssertBalances(host.Control, Name);
        Assert.That(
            host.Logs.Entries.Where(static entry => entry.Event.Name is "SidecarAbandoned" or "DisposeHangs").Select(static entry => entry.Message),
            Is.Not.Empty.And.All.Contains($"'{Name}'"));
        held.Release();
    }

    [Test]
    [CancelAfter(170_000)]
    public async Task Dispose_Throws_IsLoggedAndTheNextIncarnationIsMade()
    {
        var cause = new InvalidOperationException("clings");
        var script = new Script<First> { Dispose = () => throw cause };
        await using var host = TestHost.Build(services => services.AddHandler(script, Name));
        await host.StartAsync();

        await host.Control.RestartAsync(Name).InTime();

        var entry = host.Logs.Named("DisposeFailed").Single();
        Assert.That((entry.Exception, entry.Message), Is.EqualTo(((Exception)cause, $"Disposing of an instance of sidecar '{Name}' failed.")));
        await host.StopAsync();
    }

    [Test]
    [CancelAfter(170_000)]
    public async Task Dispose_HangsAfterAFailure_IsLeftAloneAndTheNextIncarnationIsMade()
    {
        var held = new SyncPoint();
        var script = new Script<First>
        {
            Run = static (context, ct) => context.Incarnation == 1 ? throw new InvalidOperationException("the first") : Script.UntilCancelledAsync(ct),
        };
        script.Dispose = () => script.Created == 1 ? held.PassAsync() : Task.CompletedTask;
        await using var host = TestHost.Build(services => services.AddRun(script, Name, static options =>
        {
            options.DrainTimeout = DrainTimeout;
            options.Critical = false;
        }));
        await host.StartAsync();
        await held.ReachedAsync();

        await host.Clock.PassAsync(DrainTimeout);
        await host.LoggedAsync("DisposeHangs");
        await host.Clock.PassFirstRestartDelayAsync();
        await host.StateAsync(Name, SidecarState.Ready);

        Assert.That(script.Created, Is.EqualTo(2));
        held.Release();
    }
}
