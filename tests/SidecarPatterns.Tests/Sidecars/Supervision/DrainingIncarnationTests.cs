namespace SidecarPatterns.Tests;

/// <summary>An incarnation that is only begun, or still being prepared, when the stop comes and messages wait for it.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class DrainingIncarnationTests
{
    private const string Name = "sidecar";

    [Test]
    public async Task Stop_InARestartDelay_HookOfTheIncarnationThatDrainsIsNotCancelled()
    {
        var account = new Account();
        var script = FailingOnce(account, static (_, ct) => ct.IsCancellationRequested ? Task.FromCanceled(ct) : Task.CompletedTask);
        await using var host = TestHost.Build(services => services.AddStartupHandler(script, Name, static options => options.Critical = false));
        await host.StartAsync();
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(1.2));
        account.Publish(host.Writer<int>(), 1);
        account.Publish(host.Writer<int>(), 2);

        await host.StopAsync();

        Assert.That(account.Handled, Is.EqualTo(2));
        account.AssertBalances(host.Control, Name);
    }

    [Test]
    public async Task Stop_InARestartDelay_MessageFailsInTheDrain_HasOneLastAttemptAtOnce()
    {
        var account = new Account();
        var attempts = new List<int>();
        var script = FailingOnce(account, static (_, _) => Task.CompletedTask);
        script.Handle = (_, context, _) =>
        {
            attempts.Add(context.Attempt);
            throw new IOException("not yet");
        };
        await using var host = TestHost.Build(services => services.AddStartupHandler(
            script, Name, static options => (options.Critical, options.MaxAttempts) = (false, 10)));
        await host.StartAsync();
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(1.2));
        account.Publish(host.Writer<int>(), 1);

        await host.StopAsync(); // The clock stands still.

        account.CountDeadLettered();
        account.AssertBalances(host.Control, Name);
        Assert.That(attempts, Is.EqualTo([1, 2]));
    }

    [Test]
    public async Task Stop_WhileTheHookOfARestartRuns_MessagesLeft_HookGoesOnAndTheMessagesAreHandled([Values] bool byControl)
    {
        var account = new Account();
        var point = new SyncPoint();
        var script = FailingOnce(account, (_, ct) => point.PassAsync(ct));
        await using var host = TestHost.Build(services => services.AddStartupHandler(script, Name, static options => options.Critical = false));
        await host.StartAsync();
        await host.Clock.PassFirstRestartDelayAsync();
        await point.ReachedAsync();
        account.Publish(host.Writer<int>(), 1);

        var stop = byControl ? host.Control.DrainAsync(Name) : host.StopAsync();
        await host.StateAsync(Name, SidecarState.Draining);
        point.Release();
        await stop.InTime();

        Assert.That(account.Handled, Is.EqualTo(1));
        account.AssertBalances(host.Control, Name);
    }

    [Test]
    public async Task Stop_WhileTheHookOfARestartRuns_NothingLeft_HookIsCancelledAtOnce()
    {
        var account = new Account();
        var point = new SyncPoint();
        var script = FailingOnce(account, (_, ct) => point.PassAsync(ct));
        await using var host = TestHost.Build(services => services.AddStartupHandler(script, Name, static options => options.Critical = false));
        await host.StartAsync();
        await host.Clock.PassFirstRestartDelayAsync();
        await point.ReachedAsync();

        await host.StopAsync(); // The clock stands still.

        account.AssertBalances(host.Control, Name);
    }

    [Test]
    public async Task Stop_HookThatWouldDrainNeverEnds_IsCancelledAtTheDeadlineAndTheMessagesAreAbandoned()
    {
        var account = new Account();
        var point = new SyncPoint();
        var script = FailingOnce(account, (_, ct) => point.PassAsync(ct));
        await using var host = TestHost.Build(services => services.AddStartupHandler(script, Name, static options => options.Critical = false));
        await host.StartAsync();
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(1.2));
        account.Publish(host.Writer<int>(), 1);

        var stop = host.StopAsync();
        await point.ReachedAsync();
        await host.Clock.PassAsync(TimeSpan.FromSeconds(10));
        await stop;

        account.CountAbandoned(1);
        account.AssertBalances(host.Control, Name);
        Assert.That(host.Logs.Named("MessagesAbandoned").Single().Message, Does.Contain($"'{Name}'"));
        Assert.That(host.Logs.Named("FailedWhileStopping"), Is.Empty, "to be cancelled is no failure");
    }

    [Test]
    public async Task Stop_WhileAHookThatIgnoresItsTokenRuns_WorkThatIsOneTaskIsNotBegun()
    {
        var point = new SyncPoint();
        var ran = false;
        var script = new Script<First>
        {
            Start = (_, _) => point.PassAsync(CancellationToken.None),
            Run = (_, _) =>
            {
                ran = true;
                return Task.CompletedTask;
            },
        };
        await using var host = TestHost.Build(services => services.AddStartupRun(script, Name, static options => options.Critical = false));
        await host.StartAsync();
        await point.ReachedAsync();

        var stop = host.StopAsync();
        await host.StateAsync(Name, SidecarState.Draining);
        point.Release();
        await stop;

        Assert.That(ran, Is.False);
        Assert.That(script.Disposed, Is.EqualTo(1));
    }

    [Test]
    public async Task Stop_WhileAnOptionalSidecarIsStillBeingPrepared_MessagesLeft_AreHandled()
    {
        var account = new Account();
        var point = new SyncPoint();
        var script = new Script<First> { Start = (_, ct) => point.PassAsync(ct), Handle = account.Counting<int>(static _ => { }) };
        await using var host = TestHost.Build(services => services.AddStartupHandler(script, Name, static options => options.Critical = false));
        await host.StartAsync();
        await point.ReachedAsync();
        account.Publish(host.Writer<int>(), 1);

        var stop = host.StopAsync();
        await host.StateAsync(Name, SidecarState.Draining);
        point.Release();
        await stop;

        Assert.That(account.Handled, Is.EqualTo(1));
        account.AssertBalances(host.Control, Name);
    }

    [Test]
    public async Task StartIsCancelled_WhileTheHookRuns_MessagesLeft_HookIsCancelledAtOnceAndTheyAreAbandonedByName()
    {
        var account = new Account();
        var point = new SyncPoint();
        var script = new Script<First> { Start = (_, ct) => point.PassAsync(ct) };
        await using var host = TestHost.Build(services => services.AddStartupHandler(script, Name));
        account.Publish(host.Writer<int>(), 1);
        using var cancellation = new CancellationTokenSource();
        var start = host.StartAsync(cancellation.Token);
        await point.ReachedAsync();

        await cancellation.CancelAsync();

        Assert.That(await start.FailureAsync(), Is.InstanceOf<OperationCanceledException>());
        account.CountAbandoned(1);
        account.AssertBalances(host.Control, Name);
        Assert.That(host.Logs.Named("MessagesAbandoned").Single().Message, Does.Contain($"'{Name}'"));
    }

    /// <summary>The first incarnation fails to start; the hook of the next ones is the given one.</summary>
    private static Script<First> FailingOnce(Account account, Func<SidecarContext, CancellationToken, Task> start) => new()
    {
        Start = (context, ct) => context.Incarnation == 1 ? throw new InvalidDataException("not yet") : start(context, ct),
        Handle = account.Counting<int>(static _ => { }),
    };
}
