using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests;

/// <summary>Hosts that do not live in order.</summary>
internal sealed class HostFaultTests
{
    private const string Name = "hosted";

    [Test]
    [CancelAfter(170_000)]
    public async Task Dispose_AfterAnotherServiceFailedToStart_EndsTheSidecarsAndCountsTheRestAbandoned()
    {
        var account = new Account();
        var held = new SyncPoint();
        var calls = 0;
        var token = CancellationToken.None;
        var host = TestHost.Build(services =>
        {
            services.AddSidecar<int>(Name, (_, _, ct) =>
            {
                Interlocked.Increment(ref calls);
                token = ct;
                return new ValueTask(held.PassAsync(CancellationToken.None));
            });
            services.AddSingleton<IHostedService>(new JournalService(new Journal())
            {
                OnPhase = static (phase, _) => phase == "start" ? throw new InvalidOperationException("another service") : Task.CompletedTask,
            });
        });
        for (var message = 1; message <= 3; message++)
        {
            account.TryWrite(host.Writer<int>(), message);
        }

        var (control, writer) = (host.Control, host.Writer<int>());
        Assert.That((await host.StartAsync().FailureAsync())?.Message, Is.EqualTo("another service"));
        await held.ReachedAsync();

        var began = Stopwatch.GetTimestamp();
        await host.DisposeAsync();
        var took = Stopwatch.GetElapsedTime(began);

        account.CountAbandoned(3);
        account.TryWrite(writer, 4);
        account.AssertBalances(control, Name);
        var told = host.Logs.Named("DisposedWithoutStop");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(took, Is.LessThan(TimeSpan.FromSeconds(8)), "a second of grace, on a busy machine");
            Assert.That(token.IsCancellationRequested, Is.True);
            Assert.That(calls, Is.EqualTo(1), "no handler is called in Dispose");
            Assert.That(account.Refused, Is.EqualTo(1), "the intake is closed");
            Assert.That(told, Has.Count.EqualTo(1));
            Assert.That(told[0].Level, Is.EqualTo(LogLevel.Error));
            Assert.That(told[0].Message, Does.Contain($"'{Name}'").And.Contain("3 message(s)"));
        }

        held.Release();
        account.CountLate();
        await account.BalancesAsync(control, Name);
        Assert.That(calls, Is.EqualTo(1));
    }

    [Test]
    [CancelAfter(170_000)]
    public async Task Dispose_WithMessagesThatWaitForAnIncarnation_MakesNone()
    {
        var account = new Account();
        var held = new SyncPoint();
        var script = new Script<First> { Handle = (_, _, _) => new ValueTask(held.PassAsync(CancellationToken.None)) };
        var host = TestHost.Build(services => services.AddHandler(script, Name, static options => options.HandlerTimeout = TimeSpan.FromSeconds(3)));
        var control = host.Control;
        await host.StartAsync();
        await account.WriteAsync(host.Writer<int>(), 1);
        await account.WriteAsync(host.Writer<int>(), 2);
        await held.ReachedAsync();
        await host.Clock.PassAsync(TimeSpan.FromSeconds(3));
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1));
        account.CountDeadLettered();
        await host.LoggedAsync("RestartPlanned");

        await host.DisposeAsync();

        account.CountAbandoned(1);
        account.AssertBalances(control, Name);
        Assert.That(script.Created, Is.EqualTo(1));
        held.Release();
    }

    [Test]
    [CancelAfter(170_000)]
    public async Task Dispose_OfAHostThatNeverStarted_CountsWhatWasBufferedAbandoned()
    {
        var account = new Account();
        var host = TestHost.Build(services => services.AddSidecar(Name, account.Counting<int>(static _ => { })));
        var control = host.Control;
        account.TryWrite(host.Writer<int>(), 1);

        await host.DisposeAsync();
        await host.DisposeAsync();

        account.CountAbandoned(1);
        account.AssertBalances(control, Name);
        Assert.That(account.Handled, Is.Zero);
    }

    [Test]
    [CancelAfter(170_000)]
    public async Task Hosts_TwoInOneProcess_ShareNothing()
    {
        var (account, otherAccount) = (new Account(), new Account());
        await using var host = TestHost.Build(services => services.AddSidecar(Name, account.Counting<int>(static _ => { })));
        await using var other = TestHost.Build(services => services.AddSidecar(Name, otherAccount.Counting<int>(static _ => { })));
        await Task.WhenAll(host.StartAsync(), other.StartAsync());
        for (var message = 1; message <= 10; message++)
        {
            await account.WriteAsync(host.Writer<int>(), message);
            await otherAccount.WriteAsync(other.Writer<int>(), message);
        }

        await host.StopAsync();
        account.TryWrite(host.Writer<int>(), 11);
        otherAccount.TryWrite(other.Writer<int>(), 11);
        await otherAccount.BalancesAsync(other.Control, Name);

        account.AssertBalances(host.Control, Name);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(account.Handled, Is.EqualTo(10));
            Assert.That(otherAccount.Handled, Is.EqualTo(11));
            Assert.That(other.Snapshot(Name).State, Is.EqualTo(SidecarState.Ready));
        }
    }

    [Test]
    [CancelAfter(170_000)]
    public async Task Start_OfAHostThatRuns_DoesNothing()
    {
        var account = new Account();
        var script = new Script<First> { Handle = account.Counting<int>(static _ => { }) };
        await using var host = TestHost.Build(services => services.AddHandler(script, Name));
        var coordinator = host.Services.GetServices<IHostedService>().First();
        await host.StartAsync();

        await host.StartAsync();
        await ((IHostedLifecycleService)coordinator).StartingAsync(CancellationToken.None).InTime();
        await coordinator.StartAsync(CancellationToken.None).InTime();
        await account.WriteAsync(host.Writer<int>(), 1);

        await account.BalancesAsync(host.Control, Name);
        Assert.That(script.Created, Is.EqualTo(1));
        Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Ready));
    }

    [Test]
    [CancelAfter(170_000)]
    public async Task Start_AfterAStop_ThrowsInvalidOperation()
    {
        var script = new Script<First>();
        await using var host = TestHost.Build(services => services.AddRun(script, Name));
        await host.StartAsync();
        await host.StopAsync();
        await host.StopAsync();

        // The framework's host refuses it by itself, as cancelled; another host asks the service.
        Assert.That(await host.StartAsync().FailureAsync(), Is.InstanceOf<OperationCanceledException>());
        var coordinator = (IHostedLifecycleService)host.Services.GetServices<IHostedService>().First();
        Assert.That(() => coordinator.StartingAsync(CancellationToken.None), Throws.InvalidOperationException);
        Assert.That(script.Created, Is.EqualTo(1));
    }
}
