namespace SidecarPatterns.Tests.Sidecars.Supervision;

/// <summary>What happens when an incarnation ends before it was told to.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class RestartTests
{
    [Test]
    public async Task RunThatThrows_Restarts_AfterDoublingDelaysAndEscalatesAtTheSixthFailureInARow()
    {
        var cause = new InvalidOperationException("broken");
        var script = new Script<First>
        {
            Run = async (context, _) =>
            {
                await Script.UntilReadyAsync(context);
                throw cause;
            },
        };
        await using var host = TestHost.Build(services => services.AddRun(script, "first"));
        await host.StartAsync();
        foreach (var seconds in (double[])[1, 2, 4, 8, 16])
        {
            var delay = await host.Clock.ArmedAsync(TimeSpan.FromSeconds(seconds * 0.8), TimeSpan.FromSeconds(seconds * 1.2));
            Assert.That(host.Snapshot("first").State, Is.EqualTo(SidecarState.Restarting));
            await host.Clock.AdvanceAsync(delay);
        }

        await host.StateAsync("first", SidecarState.Failed);
        var snapshot = host.Snapshot("first");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(snapshot.Restarts, Is.EqualTo(5));
            Assert.That(snapshot.Incarnation, Is.EqualTo(6));
            Assert.That(snapshot.LastError, Is.SameAs(cause));
            Assert.That(script.Created, Is.EqualTo(6), "a fresh instance each time");
            Assert.That(script.Disposed, Is.EqualTo(6));
            Assert.That(host.Logs.Named("RestartPlanned"), Has.Count.EqualTo(5));
        }

        Assert.That(await host.StopAsync().FailureAsync(), Is.SameAs(cause));
    }

    [Test]
    public async Task FailureAfterAMinuteOfHealth_BeginsANewRow()
    {
        var fail = new SemaphoreSlim(0);
        var script = new Script<First>
        {
            Run = async (_, ct) =>
            {
                await fail.WaitAsync(ct);
                throw new InvalidOperationException("broken");
            },
        };
        await using var host = TestHost.Build(services => services.AddRun(script, "first", static options => options.MaxRestarts = 1));
        await host.StartAsync();
        for (var incarnation = 1; incarnation <= 5; incarnation++)
        {
            await Eventually.HoldsAsync(
                () => host.Snapshot("first") is { State: SidecarState.Ready } snapshot && snapshot.Incarnation == incarnation, $"incarnation {incarnation} is ready");
            await host.Clock.AdvanceAsync(TimeSpan.FromSeconds(60));
            fail.Release();
            var delay = await host.Clock.ArmedAsync(TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(1.2));
            await host.Clock.AdvanceAsync(delay);
        }

        await host.StateAsync("first", SidecarState.Ready);
        Assert.That(host.Snapshot("first").Restarts, Is.EqualTo(5));
    }

    [TestCase(RestartPolicy.OnFailure, SidecarState.Stopped)]
    [TestCase(RestartPolicy.Never, SidecarState.Stopped)]
    public async Task RunThatReturns_UnlessAlways_IsStoppedInOrder(RestartPolicy policy, SidecarState expected)
    {
        var script = new Script<First> { Run = static (context, _) => Script.UntilReadyAsync(context) };
        await using var host = TestHost.Build(services => services.AddRun(script, "first", options => options.RestartPolicy = policy));
        await host.StartAsync();
        await host.StateAsync("first", expected);
        Assert.That(host.Snapshot("first").Restarts, Is.Zero);
        await host.StopAsync();
    }

    [Test]
    public async Task RunThatReturns_Always_IsRestartedAndNeverEscalates()
    {
        var script = new Script<First> { Run = static (context, _) => Script.UntilReadyAsync(context) };
        await using var host = TestHost.Build(services => services.AddRun(script, "first", static options =>
        {
            options.RestartPolicy = RestartPolicy.Always;
            options.MaxRestarts = 1;
        }));
        await host.StartAsync();
        foreach (var seconds in (double[])[1, 2, 4, 8])
        {
            await host.Clock.AdvanceAsync(await host.Clock.ArmedAsync(TimeSpan.FromSeconds(seconds * 0.8), TimeSpan.FromSeconds(seconds * 1.2)));
        }

        await Eventually.HoldsAsync(() => host.Snapshot("first").Restarts == 4);
        Assert.That(host.Snapshot("first").LastError, Is.Null);
        await host.StopAsync();
    }

    [Test]
    public async Task RunThatReturns_AfterOneThatFailed_LeavesTheLastErrorAsItWas()
    {
        var cause = new InvalidOperationException("broken");
        var script = new Script<First>
        {
            Run = (context, ct) => context.Incarnation switch
            {
                1 => Task.FromException(cause),
                2 => Task.CompletedTask,
                _ => Script.UntilCancelledAsync(ct),
            },
        };
        await using var host = TestHost.Build(services => services.AddRun(
            script, "first", static options => (options.Critical, options.RestartPolicy) = (false, RestartPolicy.Always)));
        await host.StartAsync();
        foreach (var seconds in (double[])[1, 2])
        {
            await host.Clock.AdvanceAsync(await host.Clock.ArmedAsync(TimeSpan.FromSeconds(seconds * 0.8), TimeSpan.FromSeconds(seconds * 1.2)));
        }

        await host.StateAsync("first", SidecarState.Ready);
        Assert.That(host.Snapshot("first"), Has.Property("Restarts").EqualTo(2).And.Property("LastError").SameAs(cause));
    }

    [Test]
    public async Task HookOfALaterIncarnation_CancelsByItself_FailsWithThatAndNotForItsTime()
    {
        var cause = new OperationCanceledException("a call of its own");
        var script = new Script<First> { Start = (context, _) => context.Incarnation == 2 ? throw cause : Task.CompletedTask };
        await using var host = TestHost.Build(services => services.AddStartupRun(script, "first"));
        await host.StartAsync();

        _ = host.Control.RestartAsync("first");
        await host.Clock.PassFirstRestartDelayAsync();
        await host.StateAsync("first", SidecarState.Ready);

        Assert.That(host.Snapshot("first").LastError, Is.InstanceOf<OperationCanceledException>().With.Message.EqualTo(cause.Message));
    }

    [Test]
    public async Task RunThatThrows_Never_EscalatesAtOnce()
    {
        var cause = new InvalidOperationException("broken");
        var script = new Script<First>
        {
            Run = async (context, _) =>
            {
                await Script.UntilReadyAsync(context);
                throw cause;
            },
        };
        await using var host = TestHost.Build(services => services.AddRun(script, "first", static options => options.RestartPolicy = RestartPolicy.Never));
        await host.StartAsync();
        Assert.That(await host.Host.WaitForShutdownFailureAsync(), Is.SameAs(cause));
        Assert.That(script.Created, Is.EqualTo(1));
    }

    [Test]
    public async Task Stop_DuringARestartDelay_EndsTheDelay()
    {
        var script = new Script<First>
        {
            Run = static async (context, _) =>
            {
                await Script.UntilReadyAsync(context);
                throw new InvalidOperationException("broken");
            },
        };
        await using var host = TestHost.Build(services => services.AddRun(script, "first"));
        await host.StartAsync();
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(1.2));
        await host.StopAsync();
        Assert.That(host.Snapshot("first").State, Is.EqualTo(SidecarState.Stopped));
        Assert.That(script.Created, Is.EqualTo(1));
    }

    [Test]
    public async Task Stop_DuringAMessageSidecarsRestartDelay_DrainsWithOneMoreIncarnation()
    {
        var account = new Account();
        var hold = new SyncPoint();
        var script = new Script<First>();
        script.Handle = async (message, context, _) =>
        {
            if (context.Incarnation == 1)
            {
                account.CountDeadLettered();
                await hold.PassAsync(CancellationToken.None);
            }

            account.CountHandled();
        };
        await using var host = TestHost.Build(services => services.AddHandler(script, "first", static options => options.HandlerTimeout = TimeSpan.FromSeconds(5)));
        await host.StartAsync();
        for (var message = 0; message < 3; message++)
        {
            account.TryWrite(host.Writer<int>(), message);
        }

        await hold.ReachedAsync();
        await host.Clock.PassAsync(TimeSpan.FromSeconds(5)); // The time-out, which the handler ignores,
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1)); // and so it is given up on.
        await host.StateAsync("first", SidecarState.Restarting);
        await host.StopAsync();
        account.AssertBalances(host.Control, "first");
        Assert.That(account.Handled, Is.EqualTo(2));
        hold.Release();
        await Eventually.HoldsAsync(() => host.Snapshot("first").Late == 1);
    }
}
