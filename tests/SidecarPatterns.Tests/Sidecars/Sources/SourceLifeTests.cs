using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Tests.Sidecars.Sources;

/// <summary>What the application's reader sees of the life of its source: its end, and nothing of its restarts.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class SourceLifeTests
{
    private const string Name = "source";

    private static readonly InvalidOperationException Cause = new("broken");

    [TestCase(true)]
    [TestCase(false)]
    public async Task Restart_AfterAFailure_ReaderGoesOnWithAFreshInstance(bool synchronously)
    {
        var account = new Account();
        var script = new SourceScript<First>
        {
            Write = (output, context, ct) =>
            {
                account.TryWrite(output, context.Incarnation);
                return context.Incarnation > 1 ? Script.UntilCancelledAsync(ct) : synchronously ? throw Cause : Task.FromException(Cause);
            },
        };
        await using var host = TestHost.Build(services => services.AddSource(script, Name, static options => options.Critical = false));
        await host.StartAsync();
        var reader = Reader(host);
        var delay = await host.Clock.ArmedAsync(TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(1.2));
        Assert.That(reader.Completion.IsCompleted, Is.False);

        await host.Clock.AdvanceAsync(delay);
        var read = new[] { await reader.ReadAsync(), await reader.ReadAsync() };
        account.CountHandled();
        account.CountHandled();

        account.AssertBalances(host.Control, Name);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(read, Is.EqualTo(new[] { 1, 2 }));
            Assert.That(script.Created, Is.EqualTo(2));
            Assert.That(reader.Completion.IsCompleted, Is.False);
        }

        await host.StopAsync();
    }

    [Test]
    public async Task Restart_AfterAReturnUnderAlways_ReaderGoesOn()
    {
        var script = new SourceScript<First>
        {
            Write = static async (output, context, ct) =>
            {
                await Script.UntilReadyAsync(context);
                await output.WriteAsync(context.Incarnation, ct);
            },
        };
        await using var host = TestHost.Build(services => services.AddSource(script, Name, static options => options.RestartPolicy = RestartPolicy.Always));
        await host.StartAsync();
        await host.Clock.PassFirstRestartDelayAsync();
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(1.6), TimeSpan.FromSeconds(2.4));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Reader(host).Count, Is.EqualTo(2));
            Assert.That(Reader(host).Completion.IsCompleted, Is.False);
        }

        await host.StopAsync();
    }

    [Test]
    public async Task Failure_ForGood_RestCanBeReadAndThenTheCause()
    {
        var account = new Account();
        var script = new SourceScript<First>
        {
            Write = async (output, context, ct) =>
            {
                await Script.UntilReadyAsync(context);
                await account.WriteAsync(output, 1, ct);
                throw Cause;
            },
        };
        await using var host = TestHost.Build(services => services.AddSource(script, Name, static options =>
        {
            options.Critical = false;
            options.RestartPolicy = RestartPolicy.Never;
        }));
        await host.StartAsync();
        await host.StateAsync(Name, SidecarState.Failed);
        account.AssertBalances(host.Control, Name, queued: 1);
        var reader = Reader(host);

        Assert.That(await reader.ReadAsync(), Is.EqualTo(1));
        account.CountHandled();

        account.AssertBalances(host.Control, Name);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await reader.Completion.FailureAsync(), Is.SameAs(Cause));
            Assert.That(await reader.ReadAsync().AsTask().FailureAsync(), Is.TypeOf<ChannelClosedException>().With.InnerException.SameAs(Cause));
            Assert.That(await reader.WaitToReadAsync().AsTask().FailureAsync(), Is.SameAs(Cause));
            Assert.That(reader.TryRead(out _), Is.False);
        }

        await host.StopAsync();
    }

    [Test]
    public async Task Failure_ForGoodOfACriticalOne_StopsTheHostAndTheReaderHasTheCause()
    {
        var script = new SourceScript<First>
        {
            Write = static async (_, context, _) =>
            {
                await Script.UntilReadyAsync(context);
                throw Cause;
            },
        };
        await using var host = TestHost.Build(services => services.AddSource(script, Name, static options => options.RestartPolicy = RestartPolicy.Never));
        var reader = Reader(host);

        Assert.That(await host.Host.RunAsync().FailureAsync(), Is.SameAs(Cause));
        Assert.That(await reader.Completion.FailureAsync(), Is.SameAs(Cause));
    }

    [Test]
    public async Task Stop_MessagesUnread_AreAbandonedAndTheReaderCompletes()
    {
        var account = new Account();
        var script = new SourceScript<First>
        {
            Write = async (output, _, ct) =>
            {
                account.TryWrite(output, 1);
                account.TryWrite(output, 2);
                await Script.UntilCancelledAsync(ct);
                account.TryWrite(output, 3); // The last it has.
            },
        };
        await using var host = TestHost.Build(services => services.AddSource(script, Name));
        await host.StartAsync();
        Assert.That(Reader(host).TryRead(out _), Is.True);
        account.CountHandled();

        await host.StopAsync();

        account.CountAbandoned(2);
        account.AssertBalances(host.Control, Name);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(account.Accepted, Is.EqualTo(3));
            Assert.That(Reader(host).Completion.IsCompletedSuccessfully, Is.True);
            Assert.That(host.Control.GetDeadLetters(Name).Select(static letter => letter.Message), Is.EqualTo(new[] { 2, 3 }));
            Assert.That(host.Logs.Named("MessagesAbandoned").Single().Message, Does.Contain($"'{Name}'").And.Contain("2"));
        }
    }

    [Test]
    public async Task Stop_AfterItReturned_WhatIsStillUnreadIsAbandoned()
    {
        var account = new Account();
        var script = new SourceScript<First> { Write = (output, _, ct) => account.WriteAsync(output, 1, ct) };
        await using var host = TestHost.Build(services => services.AddSource(script, Name));
        await host.StartAsync();
        await host.StateAsync(Name, SidecarState.Stopped);

        await host.StopAsync();

        account.CountAbandoned(1);
        account.AssertBalances(host.Control, Name);
        Assert.That(Reader(host).Completion.IsCompletedSuccessfully, Is.True);
    }

    [Test]
    public async Task Stop_WhileItsHookIsUnderWay_ItNeverRuns()
    {
        var held = new SyncPoint();
        var runs = 0;
        var script = new SourceScript<First>
        {
            Start = (_, _) => held.PassAsync(CancellationToken.None),
            Write = (_, _, _) =>
            {
                Interlocked.Increment(ref runs);
                return Task.CompletedTask;
            },
        };
        await using var host = TestHost.Build(services => services.AddStartupSource(script, Name, static options => options.Critical = false));
        await host.StartAsync();
        await held.ReachedAsync();

        var stop = host.StopAsync();
        await host.StateAsync(Name, SidecarState.Draining);
        held.Release();
        await stop;

        Assert.That(runs, Is.Zero);
        Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Stopped));
    }

    [Test]
    public async Task Stop_DuringARestartDelay_StartsItNoMoreForWhatIsUnread()
    {
        var account = new Account();
        var script = new SourceScript<First>
        {
            Write = (output, _, _) =>
            {
                account.TryWrite(output, 1);
                return Task.FromException(Cause);
            },
        };
        await using var host = TestHost.Build(services => services.AddSource(script, Name, static options => options.Critical = false));
        await host.StartAsync();
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(1.2));

        await host.StopAsync();

        account.CountAbandoned(1);
        account.AssertBalances(host.Control, Name);
        Assert.That(script.Created, Is.EqualTo(1));
    }

    [Test]
    public async Task Restart_AfterItsEnd_IsRefusedSinceItsReaderHasEndedToo()
    {
        var script = new SourceScript<First> { Write = static (_, _, _) => Task.CompletedTask };
        await using var host = TestHost.Build(services => services.AddSource(script, Name));
        await host.StartAsync();
        await host.StateAsync(Name, SidecarState.Stopped);

        Assert.That(await RestartAsync().FailureAsync(), Is.TypeOf<InvalidOperationException>().With.Message.Contains("'source' has ended"));
        Assert.That(script.Created, Is.EqualTo(1));
        await host.StopAsync();

        async Task RestartAsync() => await host.Control.RestartAsync(Name);
    }

    [Test]
    public async Task Stop_ASidecarThatReads_IsStoppedBeforeItsSourceAndLosesNothing()
    {
        var account = new Account();
        var held = new SyncPoint();
        var script = new SourceScript<First>
        {
            Write = async (output, _, ct) =>
            {
                account.TryWrite(output, 1);
                await Script.UntilCancelledAsync(ct);
            },
        };
        var consumer = new Script<Second>();
        await using var host = TestHost.Build(services =>
        {
            services.AddSource(script, Name);
            services.AddRun(consumer, "consumer");
        });
        var reader = Reader(host);
        consumer.Run = async (_, _) =>
        {
            await held.PassAsync(CancellationToken.None);
            while (reader.TryRead(out var _))
            {
                account.CountHandled();
            }
        };
        await host.StartAsync();
        var stop = host.StopAsync();
        await held.ReachedAsync();
        held.Release();
        await stop;

        account.AssertBalances(host.Control, Name);
        Assert.That(account.Handled, Is.EqualTo(1));
    }

    [Test]
    public async Task Stop_IdleSource_TakesNoTimeOfTheClock()
    {
        await using var host = TestHost.Build(static services => services.AddSource(new SourceScript<First>(), Name));
        await host.StartAsync();
        var before = host.Clock.GetTimestamp();

        await host.StopAsync();

        Assert.That(host.Clock.GetTimestamp(), Is.EqualTo(before));
    }

    private static ChannelReader<int> Reader(TestHost host) => host.Services.GetRequiredService<ChannelReader<int>>();
}
