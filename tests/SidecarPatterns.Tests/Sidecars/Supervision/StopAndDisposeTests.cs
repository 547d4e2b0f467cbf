using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests;

/// <summary>Stop and dispose may come in any order, as often as they like, and do nothing for what never started.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class StopAndDisposeTests
{
    [TestCase("stop stop")]
    [TestCase("stop dispose")]
    [TestCase("stop dispose dispose")]
    [TestCase("dispose dispose")]
    [TestCase("stop stop dispose")]
    [TestCase("start stop stop")]
    [TestCase("start stop stop dispose")]
    [TestCase("start stop dispose dispose")]
    [TestCase("start dispose dispose")]
    [TestCase("start dispose stop")]
    [TestCase("start start stop dispose stop dispose")]
    public async Task StopAndDispose_InAnyOrder_EndOnceAndInOrder(string steps)
    {
        var account = new Account();
        var script = new Script<First>();
        var handler = new Script<Second> { Handle = account.Counting<int>(static _ => { }) };
        var host = TestHost.Build(services => services.AddRun(script, "runs").Services.AddHandler(handler, "handles"));
        var control = host.Control;
        var coordinator = host.Services.GetServices<IHostedService>().OfType<SidecarCoordinator>().Single();
        var expected = steps.Contains("start", StringComparison.Ordinal) ? 1 : 0;

        foreach (var step in steps.Split(' '))
        {
            switch (step)
            {
                case "start":
                    await coordinator.StartingAsync(CancellationToken.None).InTime();
                    if (account.Accepted == 0)
                    {
                        account.Publish(host.Writer<int>(), 1);
                        await account.BalancesAsync(control, "handles");
                    }

                    break;
                case "stop":
                    await coordinator.StoppingAsync(CancellationToken.None).InTime();
                    await coordinator.StoppedAsync(CancellationToken.None).InTime();
                    break;
                default:
                    await host.DisposeAsync().AsTask().InTime();
                    break;
            }
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(script.Created, Is.EqualTo(expected));
            Assert.That(script.Disposed, Is.EqualTo(expected));
            Assert.That(handler.Disposed, Is.EqualTo(expected));
            Assert.That(host.Logs.Entries.Where(static entry => entry.Level >= LogLevel.Warning), Is.Empty);
        }

        account.AssertBalances(control, "handles");
        await host.DisposeAsync();
    }

    [Test]
    public async Task Dispose_Synchronously_Ends()
    {
        var script = new Script<First>();
        var host = TestHost.Build(services => services.AddRun(script, "sidecar"));
        await host.StartAsync();

        await Task.Run(host.Host.Dispose).InTime();

        Assert.That(script.Disposed, Is.EqualTo(1));
    }

    [Test]
    public async Task Dispose_NeverStarted_LeavesNoTimerBehind()
    {
        var host = TestHost.Build(services => services.AddRun(new Script<First>(), "sidecar"));
        Assert.That(host.Control.Names, Has.Count.EqualTo(1));
        Assert.That(host.Clock.Armed, Is.Not.Empty, "somebody may have to be told that it never starts");

        await host.DisposeAsync();

        Assert.That(host.Clock.Armed, Is.Empty);
    }

    [Test]
    public async Task Dispose_NotStopped_NothingCanBeRestarted()
    {
        var host = TestHost.Build(services => services.AddRun(new Script<First>(), "sidecar"));
        var control = host.Control;
        await host.StartAsync();

        await host.DisposeAsync();

        Assert.That(() => control.RestartAsync("sidecar").InTime(), Throws.InvalidOperationException.With.Message.StartsWith("The host stops"));
    }

    [Test]
    public async Task Stop_SeveralAtOnce_AllWaitForTheDrain()
    {
        var account = new Account();
        var point = new SyncPoint();
        await using var host = TestHost.Build(services => services.AddSidecar(
            "sidecar", account.Counting<int>(async (_, _, ct) => await point.PassAsync(ct))));
        await host.StartAsync();
        account.Publish(host.Writer<int>(), 1);
        await point.ReachedAsync();

        var stops = Enumerable.Range(0, 4).Select(_ => host.StopAsync()).ToArray();
        await host.StateAsync("sidecar", SidecarState.Draining);
        Assert.That(stops.Select(static stop => stop.IsCompleted), Is.All.False);

        point.Release();
        await Task.WhenAll(stops);
        account.AssertBalances(host.Control, "sidecar");
    }
}
