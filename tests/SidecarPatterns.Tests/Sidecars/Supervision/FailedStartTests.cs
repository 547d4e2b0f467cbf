using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Tests;

[TestFixture]
[CancelAfter(170_000)]
internal sealed class FailedStartTests
{
    [Test]
    public async Task Start_CriticalStartupHookThrows_StopsInReverseWhatHadStartedWithDrainAndStartsNothingElse()
    {
        var failure = new InvalidDataException("no connection");
        var journal = new Journal();
        var account = new Account();
        var first = new Script<First>
        {
            Run = async (_, ct) =>
            {
                await Script.UntilCancelledAsync(ct);
                journal.Add("first stopped");
            },
        };
        var second = new Script<Second>
        {
            Handle = account.Counting<int>(async (message, _, _) =>
            {
                await Task.Yield();
                journal.Add($"handled {message}");
            }),
        };
        var third = new Script<Third>();
        TestHost? host = null;
        third.Start = (_, _) =>
        {
            account.Publish(host!.Writer<int>(), 1);
            account.Publish(host!.Writer<int>(), 2);
            throw failure;
        };
        await using var built = host = TestHost.Build(services => services
            .AddRun(first, "first").Services
            .AddHandler(second, "second").Services
            .AddStartupRun(third, "third").Services
            .AddSidecar<string>("fourth", static (_, _, _) => default).Services
            .AddSingleton<IHostedService>(new JournalService(journal)));

        var thrown = await host.StartAsync().FailureAsync() as SidecarStartException;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(thrown?.SidecarName, Is.EqualTo("third"));
            Assert.That(thrown?.Message, Does.Contain("'third'").And.Contain("no connection"));
            Assert.That(thrown?.InnerException, Is.SameAs(failure));
            Assert.That(journal.Lines, Is.EqualTo(["handled 1", "handled 2", "first stopped"]));
            Assert.That(first.Disposed + second.Disposed + third.Disposed, Is.EqualTo(3));
            Assert.That(host.Control.GetSnapshots().Select(static snapshot => snapshot.State), Is.EqualTo([
                SidecarState.Stopped, SidecarState.Stopped, SidecarState.Failed, SidecarState.Created,
            ]));
            Assert.That(host.Control.GetSnapshots().Select(static snapshot => snapshot.IsReady), Is.All.False);
        }

        account.AssertBalances(host.Control, "second");
    }

    [Test]
    public async Task Start_OptionalConstructorThrows_IsRestartedAndRecovers()
    {
        var account = new Account();
        var script = new Script<First> { Handle = account.Counting<int>(static _ => { }) };
        script.Create = () =>
        {
            if (script.Created == 1)
            {
                throw new InvalidDataException("not yet");
            }
        };
        await using var host = TestHost.Build(services => services.AddHandler(script, "sidecar", static options => options.Critical = false));
        await host.StartAsync();
        account.Publish(host.Writer<int>(), 1);
        account.AssertBalances(host.Control, "sidecar", queued: 1);

        await host.Clock.PassFirstRestartDelayAsync();
        await host.StateAsync("sidecar", SidecarState.Ready);
        await host.StopAsync();

        Assert.That(host.Snapshot("sidecar").Restarts, Is.EqualTo(1));
        account.AssertBalances(host.Control, "sidecar");
    }

    [Test]
    public async Task Start_OptionalDependencyCanNotBeResolved_FailsByItselfAndItsQueueIsDeadLettered()
    {
        var account = new Account();
        await using var host = TestHost.Build(static services =>
            services.AddSidecar<Dependent, int>("sidecar", static options =>
            {
                options.Critical = false;
                options.RestartPolicy = RestartPolicy.Never;
            }));
        account.Publish(host.Writer<int>(), 1);
        account.CountDeadLettered();

        await host.StartAsync();
        await host.StateAsync("sidecar", SidecarState.Failed);

        account.AssertBalances(host.Control, "sidecar");
        Assert.That(host.Snapshot("sidecar").LastError, Is.TypeOf<InvalidOperationException>().With.Message.Contains(nameof(IMissing)));
    }

    [Test]
    public async Task Dispose_RestartIsDueLater_MakesNoFurtherIncarnation()
    {
        var account = new Account();
        var script = new Script<First>();
        script.Start = (_, _) => script.Created == 1 ? throw new InvalidDataException("broken") : Task.CompletedTask;
        var host = TestHost.Build(services => services.AddStartupHandler(script, "sidecar", static options => options.Critical = false));
        var control = host.Control;
        await host.StartAsync();
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(1.2));
        account.Publish(host.Writer<int>(), 1);
        account.CountAbandoned(1);

        await host.DisposeAsync();

        account.AssertBalances(control, "sidecar");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(script.Created, Is.EqualTo(1));
            Assert.That(control.GetSnapshot("sidecar").Incarnation, Is.EqualTo(1), "no other one was even tried");
        }
    }

    [SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
    private sealed class Dependent(IMissing missing) : ISidecar<int>
    {
        public ValueTask HandleAsync(int message, SidecarContext context, CancellationToken ct) => missing is null ? default : default;
    }

    private interface IMissing;
}
