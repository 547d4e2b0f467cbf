using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Tests.Sidecars.Supervision;

/// <summary>What happens when a hosted service that runs as a sidecar ends before it was told to.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class HostedSidecarRestartTests
{
    private static readonly InvalidOperationException Cause = new("broken");

    [TestCase(true)]
    [TestCase(false)]
    public async Task ExecuteThatThrows_Restarts_WithAFreshInstanceOnceTheOldIsStopped(bool synchronously)
    {
        var script = new HostedScript<First>();
        script.Execute = ct =>
            script.Created > 1 ? Script.UntilCancelledAsync(ct) : synchronously ? throw Cause : ThrowLaterAsync();
        await using var host = TestHost.Build(services => services.AddBackground(script, "first"));
        await host.StartAsync();

        await PassRestartDelayAsync(host, seconds: 1);
        await Eventually.HoldsAsync(() => host.Snapshot("first") is { State: SidecarState.Ready, Incarnation: 2 });

        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Snapshot("first").LastError, Is.SameAs(Cause));
            Assert.That(host.Logs.Named("RestartPlanned"), Has.Count.EqualTo(1));
            Assert.That(script.Journal.Lines, Is.EqualTo(new[] { "start", "stop", "dispose", "start" }));
        }

        await host.StopAsync();
        Assert.That(script.Disposed, Is.EqualTo(2));
    }

    [TestCase(RestartPolicy.OnFailure)]
    [TestCase(RestartPolicy.Never)]
    public async Task ExecuteThatReturns_UnlessAlways_IsStoppedInOrder(RestartPolicy policy)
    {
        var script = new HostedScript<First> { Execute = static _ => Task.CompletedTask };
        await using var host = TestHost.Build(services => services.AddBackground(script, "first", options => options.RestartPolicy = policy));
        await host.StartAsync();
        await host.StateAsync("first", SidecarState.Stopped);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Snapshot("first").LastError, Is.Null);
            Assert.That(host.Snapshot("first").Restarts, Is.Zero);
            Assert.That(script.Journal.Lines, Is.EquivalentTo(new[] { "start", "executed", "stop", "dispose" }));
        }

        await host.StopAsync();
        Assert.That(script.Journal.Lines, Has.Count.EqualTo(4), "it is not stopped again");
    }

    [Test]
    public async Task ExecuteThatReturns_Always_IsRestarted()
    {
        var script = new HostedScript<First> { Execute = static _ => Task.CompletedTask };
        await using var host = TestHost.Build(services => services.AddBackground(
            script, "first", static options => options.RestartPolicy = RestartPolicy.Always));
        await host.StartAsync();

        await PassRestartDelayAsync(host, seconds: 1);
        await PassRestartDelayAsync(host, seconds: 2);
        await Eventually.HoldsAsync(() => script.Created == 3);

        Assert.That(host.Snapshot("first").LastError, Is.Null);
        await host.StopAsync();
    }

    [Test]
    public async Task ExecuteThatCancelsItself_IsAFailure()
    {
        var script = new HostedScript<First>();
        script.Execute = ct => script.Created > 1 ? Script.UntilCancelledAsync(ct) : Task.FromCanceled(new CancellationToken(canceled: true));
        await using var host = TestHost.Build(services => services.AddBackground(script, "first"));
        await host.StartAsync();

        await PassRestartDelayAsync(host, seconds: 1);
        await Eventually.HoldsAsync(() => script.Created == 2);

        Assert.That(host.Snapshot("first").LastError, Is.InstanceOf<OperationCanceledException>());
        await host.StopAsync();
    }

    [Test]
    public async Task ExecuteThatThrows_CriticalAndForGood_StopsTheHostWithTheCause()
    {
        var script = new HostedScript<First> { Execute = static _ => ThrowLaterAsync() };
        await using var host = TestHost.Build(services => services.AddBackground(
            script, "first", static options => options.RestartPolicy = RestartPolicy.Never));

        var failure = await host.Host.RunAsync().FailureAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure, Is.SameAs(Cause));
            Assert.That(host.Logs.Named("CriticalSidecarFailed").Single().Exception, Is.SameAs(Cause));
        }
    }

    [Test]
    public async Task ExecuteThatThrows_OptionalAndForGood_LetsTheApplicationGoOn()
    {
        var script = new HostedScript<First> { Execute = static _ => ThrowLaterAsync() };
        await using var host = TestHost.Build(services => services.AddBackground(script, "first", static options =>
        {
            options.Critical = false;
            options.RestartPolicy = RestartPolicy.Never;
        }));
        await host.StartAsync();
        await host.StateAsync("first", SidecarState.Failed);

        Assert.That(host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested, Is.False);
        await host.StopAsync();
    }

    [Test]
    public async Task Stop_DuringARestartDelay_EndsTheDelay()
    {
        var script = new HostedScript<First> { Execute = static _ => ThrowLaterAsync() };
        await using var host = TestHost.Build(services => services.AddBackground(script, "first"));
        await host.StartAsync();
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(1.2));

        await host.StopAsync();

        Assert.That(script.Created, Is.EqualTo(1));
        Assert.That(host.Snapshot("first").State, Is.EqualTo(SidecarState.Stopped));
    }

    [Test]
    public async Task Stop_ExecuteThrowsInIt_StopThrowsTheCause()
    {
        var executing = new SyncPoint();
        var script = new HostedScript<First>
        {
            Execute = async ct =>
            {
                executing.Release();
                await executing.PassAsync(CancellationToken.None);
                await Script.UntilCancelledAsync(ct);
                throw Cause;
            },
        };
        await using var host = TestHost.Build(services => services.AddBackground(script, "first"));
        await host.StartAsync();
        await executing.ReachedAsync();

        Assert.That(await host.StopAsync().FailureAsync(), Is.SameAs(Cause));
    }

    private static async Task ThrowLaterAsync()
    {
        await Task.Yield();
        throw Cause;
    }

    private static async Task PassRestartDelayAsync(TestHost host, double seconds) =>
        await host.Clock.AdvanceAsync(await host.Clock.ArmedAsync(TimeSpan.FromSeconds(seconds * 0.8), TimeSpan.FromSeconds(seconds * 1.2)));

    [Test]
    public async Task RestartByControl_StopsTheServiceAtOnceAndStartsAnother()
    {
        var script = new HostedScript<First>();
        var (execute, executing) = (script.Execute, new SyncPoint());
        executing.Release();
        script.Execute = async ct =>
        {
            await executing.PassAsync(CancellationToken.None);
            await execute(ct);
        };
        await using var host = TestHost.Build(services => services.AddBackground(script, "first"));
        await host.StartAsync();
        await executing.ReachedAsync(); // A background service that is stopped at once may never execute.
        await host.Control.RestartAsync("first").InTime(); // No time passes.
        using (Assert.EnterMultipleScope())
        {
            Assert.That(script.Journal.Lines, Is.EqualTo(new[] { "start", "stop", "executed", "dispose", "start" }));
            Assert.That(host.Snapshot("first").State, Is.EqualTo(SidecarState.Ready));
        }

        await host.StopAsync();
    }
}
