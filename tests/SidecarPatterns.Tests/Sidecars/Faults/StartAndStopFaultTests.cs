using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Stops that come at a bad moment.</summary>
internal sealed class StartAndStopFaultTests
{
    [Test]
    [CancelAfter(170_000)]
    public async Task Start_CancelledWhileASidecarStarts_StopsWhatHadStartedInReverseAndDrains()
    {
        var account = new Account();
        var journal = new Journal();
        var starting = new SyncPoint();
        var first = new Script<First> { Handle = account.Counting<int>(static _ => { }), Dispose = Disposing("first") };
        var second = new Script<Second> { Dispose = Disposing("second") };
        var third = new Script<Third> { Start = (_, ct) => starting.PassAsync(ct), Dispose = Disposing("third") };
        await using var host = TestHost.Build(services =>
        {
            services.AddHandler(first, "first");
            services.AddRun(second, "second");
            services.AddStartupRun(third, "third");
            services.AddSidecar<string>("never", static (_, _, _) => default);
        });
        for (var message = 0; message < 5; message++)
        {
            account.TryWrite(host.Writer<int>(), message);
        }

        using var cancellation = new CancellationTokenSource();
        var start = host.StartAsync(cancellation.Token);
        await starting.ReachedAsync();
        await cancellation.CancelAsync();
        var failure = await start.FailureAsync();

        account.AssertBalances(host.Control, "first");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure, Is.InstanceOf<OperationCanceledException>());
            Assert.That(account.Handled, Is.EqualTo(5));
            Assert.That(journal.Lines, Is.EqualTo(["third", "second", "first"]));
            Assert.That(host.Snapshot("third").State, Is.EqualTo(SidecarState.Stopped));
            Assert.That(host.Snapshot("never").Incarnation, Is.Zero, "what never started is not stopped either");
        }

        Func<Task> Disposing(string name) => () =>
        {
            journal.Add(name);
            return Task.CompletedTask;
        };
    }

    [Test]
    [CancelAfter(170_000)]
    public async Task Start_CancelledBeforeItBegan_StartsNothing()
    {
        var script = new Script<First>();
        await using var host = TestHost.Build(services => services.AddRun(script, "idle"));

        var failure = await host.StartAsync(new CancellationToken(canceled: true)).FailureAsync();

        Assert.That(failure, Is.InstanceOf<OperationCanceledException>());
        Assert.That(script.Created, Is.Zero);
    }

    [Test]
    [CancelAfter(170_000)]
    public async Task Stop_DuringTheStart_EndsBothAndHandlesWhatWasAccepted()
    {
        var account = new Account();
        var starting = new SyncPoint();
        var script = new Script<First> { Start = (_, ct) => starting.PassAsync(ct), Handle = account.Counting<int>(static _ => { }) };
        await using var host = TestHost.Build(services =>
        {
            services.AddSidecar("before", account.Counting<int>(static _ => { }));
            services.AddStartupRun(script, "starting");
        });
        account.TryWrite(host.Writer<int>(), 1);
        var start = host.StartAsync();
        await starting.ReachedAsync();

        await host.StopAsync();

        account.AssertBalances(host.Control, "before");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await start.FailureAsync(), Is.Not.Null, "the start did not succeed");
            Assert.That(host.Snapshot("starting").State, Is.EqualTo(SidecarState.Stopped));
            Assert.That(host.Snapshot("before").State, Is.EqualTo(SidecarState.Stopped));
            Assert.That(script.Disposed, Is.EqualTo(script.Created));
        }
    }

    [Test]
    [CancelAfter(170_000)]
    public async Task Stop_WhileWritersWaitOnAFullQueue_TellsEachAndHandlesWhatWasAccepted()
    {
        const string Name = "full";
        var account = new Account();
        var held = new SyncPoint();
        await using var host = TestHost.Build(services => services.AddSidecar(
            Name, account.Counting<int>((_, _, _) => new ValueTask(held.PassAsync(CancellationToken.None))), static options => options.Capacity = 1));
        await host.StartAsync();
        var writer = host.Writer<int>();
        await account.WriteAsync(writer, 1);
        await held.ReachedAsync();
        await account.WriteAsync(writer, 2);
        Task[] writes = [.. Enumerable.Range(3, 20).Select(message => account.WriteAsync(writer, message))];
        Task<bool>[] waits = [.. Enumerable.Range(0, 20).Select(_ => writer.WaitToWriteAsync().AsTask())];

        var stop = host.StopAsync();
        await Task.WhenAll(waits).InTime();
        foreach (var write in writes)
        {
            Assert.That(await write.FailureAsync(), Is.InstanceOf<ChannelClosedException>());
        }

        account.AssertBalances(host.Control, Name, queued: 1, inFlight: 1);
        held.Release();
        await stop;

        account.AssertBalances(host.Control, Name);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(waits.Select(static wait => wait.Result), Is.All.False);
            Assert.That(account.Handled, Is.EqualTo(2));
            Assert.That(host.Snapshot(Name).RejectedByReason[PublishReason.Stopped], Is.EqualTo(20));
        }
    }

    [Test]
    [CancelAfter(170_000)]
    public async Task Stop_InARestartDelay_StartsOneIncarnationToDrain()
    {
        const string Name = "restarting";
        var account = new Account();
        var held = new SyncPoint();
        await using var host = TestHost.Build(services => services.AddSidecar<int>(
            Name,
            (message, _, _) =>
            {
                if (message == 1)
                {
                    return new ValueTask(held.PassAsync(CancellationToken.None));
                }

                account.CountHandled();
                return default;
            },
            static options => options.HandlerTimeout = TimeSpan.FromSeconds(3)));
        await host.StartAsync();
        await account.WriteAsync(host.Writer<int>(), 1);
        await account.WriteAsync(host.Writer<int>(), 2);
        await held.ReachedAsync();
        await host.Clock.PassAsync(TimeSpan.FromSeconds(3));
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1));
        account.CountDeadLettered();
        await host.LoggedAsync("RestartPlanned");

        await host.StopAsync();

        account.AssertBalances(host.Control, Name);
        Assert.That(host.Snapshot(Name).Incarnation, Is.EqualTo(2));
        held.Release();
    }
}
