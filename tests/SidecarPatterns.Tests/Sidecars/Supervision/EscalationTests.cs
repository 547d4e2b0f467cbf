using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests.Sidecars.Supervision;

/// <summary>What a failure for good means to the host.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class EscalationTests
{
    private static readonly InvalidOperationException Cause = new("broken");

    [Test]
    public async Task Critical_HostStops_AndItsRunThrowsTheCause()
    {
        await using var host = TestHost.Build(services => services.AddRun(Failing<First>(), "first", Never));
        var failure = await host.Host.RunAsync().FailureAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure, Is.SameAs(Cause));
            Assert.That(host.Logs.Named("CriticalSidecarFailed").Single(), Has.Property("Level").EqualTo(LogLevel.Critical).And.Property("Exception").SameAs(Cause));
        }
    }

    [Test]
    public async Task Critical_AnotherServiceFailsToStopToo_BothAreThrown()
    {
        var application = new JournalService(new Journal())
        {
            OnPhase = static (phase, _) => phase == "stop" ? Task.FromException(new TimeoutException("other")) : Task.CompletedTask,
        };
        await using var host = TestHost.Build(services =>
        {
            services.AddRun(Failing<First>(), "first", Never);
            services.AddSingleton<IHostedService>(application);
        });
        var failure = await host.Host.RunAsync().FailureAsync();
        Assert.That(failure, Is.TypeOf<AggregateException>());
        Assert.That(((AggregateException)failure!).InnerExceptions, Does.Contain(Cause).And.Some.TypeOf<TimeoutException>());
    }

    [Test]
    public async Task Critical_WhileOtherServicesStillStart_StartIsCancelledAndTheCauseIsInTheLog()
    {
        var fail = new SyncPoint();
        var script = new Script<First>
        {
            Run = async (_, ct) =>
            {
                await fail.PassAsync(ct);
                throw Cause;
            },
        };
        var application = new JournalService(new Journal())
        {
            OnPhase = async (phase, ct) =>
            {
                if (phase == "start")
                {
                    fail.Release();
                    await Task.Delay(Timeout.Infinite, ct);
                }
            },
        };
        await using var host = TestHost.Build(services =>
        {
            services.AddRun(script, "first", Never);
            services.AddSingleton<IHostedService>(application);
        });
        var failure = await host.StartAsync().FailureAsync();
        Assert.That(failure, Is.InstanceOf<OperationCanceledException>());
        Assert.That(host.Logs.Named("CriticalSidecarFailed").Single().Exception, Is.SameAs(Cause));
    }

    [Test]
    public async Task Critical_FailsWhileStopping_StopThrowsTheCause()
    {
        var script = new Script<First>
        {
            Run = static async (_, ct) =>
            {
                await Script.UntilCancelledAsync(ct);
                throw Cause;
            },
        };
        await using var host = TestHost.Build(services => services.AddRun(script, "first"));
        await host.StartAsync();
        Assert.That(await host.StopAsync().FailureAsync(), Is.SameAs(Cause));
        Assert.That(host.Logs.Named("FailedWhileStopping").Single().Exception, Is.SameAs(Cause));
    }

    [Test]
    public async Task Critical_AnotherOneFailsWhileTheHostStopsForTheFirst_StopThrowsTheFirstCause()
    {
        var other = new Script<Second>
        {
            Run = static async (_, ct) =>
            {
                await Script.UntilCancelledAsync(ct);
                throw new IOException("the second to fail");
            },
        };
        await using var host = TestHost.Build(services =>
        {
            services.AddRun(other, "other");
            services.AddRun(Failing<First>(), "first", Never);
        });

        Assert.That(await host.Host.RunAsync().FailureAsync(), Is.SameAs(Cause));
        Assert.That(host.Logs.Named("FailedWhileStopping"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Optional_ApplicationGoesOn_QueueIsDeadLetteredAndTheWriterClosedWithTheCause()
    {
        var account = new Account();
        var hold = new SyncPoint();
        var script = new Script<First>
        {
            Handle = async (_, _, _) => await hold.PassAsync(CancellationToken.None),
        };
        await using var host = TestHost.Build(services => services.AddHandler(script, "first", static options =>
        {
            options.Critical = false;
            options.RestartPolicy = RestartPolicy.Never;
            options.HandlerTimeout = TimeSpan.FromSeconds(5);
        }));
        await host.StartAsync();
        for (var message = 0; message < 3; message++)
        {
            account.TryWrite(host.Writer<int>(), message);
        }

        await hold.ReachedAsync();
        await host.Clock.PassAsync(TimeSpan.FromSeconds(5));
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1));
        await host.StateAsync("first", SidecarState.Failed);
        account.CountDeadLettered(3);
        Assert.That(account.Publish(host.Writer<int>(), 3).ToString(), Is.EqualTo("Rejected(Failed)"));
        var refused = await account.WriteAsync(host.Writer<int>(), 4).FailureAsync();
        account.AssertBalances(host.Control, "first");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(refused, Is.TypeOf<ChannelClosedException>().With.InnerException.TypeOf<TimeoutException>());
            Assert.That(
                host.Control.GetDeadLetters("first").Select(static letter => letter.Reason),
                Is.EqualTo(new[] { DeadLetterReason.HandlerTimeout, DeadLetterReason.SidecarFailed, DeadLetterReason.SidecarFailed }));
            Assert.That(host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested, Is.False);
            Assert.That(host.Logs.Named("OptionalSidecarFailed"), Has.Count.EqualTo(1));
            Assert.That(host.Logs.Named("CriticalSidecarFailed"), Is.Empty);
            Assert.That(host.Snapshot("first").IsReady, Is.False, "the application goes on without it, but it is not ready");
        }

        hold.Release();
        await host.StopAsync();
    }

    private static void Never(SidecarOptions options) => options.RestartPolicy = RestartPolicy.Never;

    private static Script<TKey> Failing<TKey>() => new()
    {
        Run = static async (context, _) =>
        {
            await Script.UntilReadyAsync(context);
            throw Cause;
        },
    };
}
