using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Instances that can not be made.</summary>
internal sealed class InstanceFaultTests
{
    private const string Name = "fragile";

    [Test]
    [CancelAfter(170_000)]
    public async Task Constructor_ThrowsAtTheFirstStart_FailsTheHostsStartAtOnce()
    {
        var account = new Account();
        var thrown = new InvalidOperationException("can not be made");
        var script = new Script<First> { Create = () => throw thrown };
        await using var host = TestHost.Build(services => services.AddHandler(script, Name));
        account.TryWrite(host.Writer<int>(), 1);

        var failure = await host.StartAsync().FailureAsync();

        account.CountDeadLettered();
        account.AssertBalances(host.Control, Name);
        var start = failure as SidecarStartException;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(start, Is.Not.Null, $"{failure}");
            Assert.That(start?.SidecarName, Is.EqualTo(Name));
            Assert.That(start?.InnerException, Is.SameAs(thrown));
            Assert.That(script.Created, Is.EqualTo(1), "no second try");
            Assert.That(host.Control.GetDeadLetters(Name).Single().Reason, Is.EqualTo(DeadLetterReason.SidecarFailed));
        }
    }

    [Test]
    [CancelAfter(170_000)]
    public async Task Constructor_ThrowsInALaterIncarnation_CountsAsOneMoreFailureInTheRow()
    {
        var script = new Script<First>
        {
            Run = static async (context, ct) =>
            {
                if (context.Incarnation == 1)
                {
                    await Script.UntilReadyAsync(context);
                    throw new InvalidOperationException("the first");
                }

                await Script.UntilCancelledAsync(ct);
            },
        };
        script.Create = () =>
        {
            if (script.Created == 2)
            {
                throw new InvalidOperationException("the second");
            }
        };
        await using var host = TestHost.Build(services => services.AddRun(script, Name));
        await host.StartAsync();

        await PassRestartDelayAsync(host, seconds: 1);
        await PassRestartDelayAsync(host, seconds: 2);
        await host.StateAsync(Name, SidecarState.Ready);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Snapshot(Name).Restarts, Is.EqualTo(2));
            Assert.That(host.Snapshot(Name).LastError?.Message, Is.EqualTo("the second"));
            Assert.That(host.Logs.Named("RestartPlanned"), Has.Count.EqualTo(2));
        }
    }

    [Test]
    [CancelAfter(170_000)]
    public async Task Constructor_ThrowsInEveryLaterIncarnation_EscalatesWhenTheRowIsFull()
    {
        var thrown = new InvalidOperationException("can not be made again");
        var script = new Script<First> { Run = static (_, _) => Task.FromException(new InvalidOperationException("the first")) };
        script.Create = () =>
        {
            if (script.Created > 1)
            {
                throw thrown;
            }
        };
        await using var host = TestHost.Build(services => services.AddRun(script, Name, static options =>
        {
            options.Critical = false;
            options.MaxRestarts = 2;
        }));
        await host.StartAsync();

        await PassRestartDelayAsync(host, seconds: 1);
        await PassRestartDelayAsync(host, seconds: 2);
        await host.StateAsync(Name, SidecarState.Failed);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(script.Created, Is.EqualTo(3));
            Assert.That(host.Logs.Named("OptionalSidecarFailed").Single().Exception, Is.SameAs(thrown));
        }
    }

    [Test]
    [CancelAfter(170_000)]
    public async Task Dependency_IsNotRegistered_FailsTheHostsStartAndIsNamed()
    {
        await using var host = TestHost.Build(static services => services.AddSidecar<NeedySidecar>(Name));

        var failure = await host.StartAsync().FailureAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure, Is.InstanceOf<SidecarStartException>());
            Assert.That(failure?.Message, Does.Contain(Name).And.Contain(nameof(NeedySidecar.Missing)));
        }
    }

    private static async Task PassRestartDelayAsync(TestHost host, double seconds) =>
        await host.Clock.AdvanceAsync(await host.Clock.ArmedAsync(TimeSpan.FromSeconds(seconds * 0.8), TimeSpan.FromSeconds(seconds * 1.2)));

    [SuppressMessage("Performance", "CA1812", Justification = "Dependency injection is asked for it, in vain.")]
    private sealed class NeedySidecar(NeedySidecar.Missing missing) : ISidecar
    {
        public Task RunAsync(SidecarContext context, CancellationToken ct) => Task.FromResult(missing);

        public sealed class Missing;
    }
}
