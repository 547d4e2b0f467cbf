using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Tests;

internal abstract partial class FaultContract
{
    [Test]
    public async Task Start_CancelledWhileItStarts_StopsItAndDisposesOfIt()
    {
        var held = new SyncPoint();
        Script.Start = (_, ct) => held.PassAsync(ct);
        await using var host = Build();
        using var cancellation = new CancellationTokenSource();

        var start = host.StartAsync(cancellation.Token);
        await held.ReachedAsync();
        await cancellation.CancelAsync();

        Assert.That(await start.FailureAsync(), Is.InstanceOf<OperationCanceledException>());
        Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Stopped));
        Assert.That(Script.Disposed, Is.EqualTo(Script.Created));
    }

    [Test]
    public async Task Start_CancelledBeforeItBegan_MakesNoInstance()
    {
        await using var host = Build();

        Assert.That(await host.StartAsync(new CancellationToken(canceled: true)).FailureAsync(), Is.InstanceOf<OperationCanceledException>());
        Assert.That(Script.Created, Is.Zero);
    }

    [Test]
    public async Task Stop_DuringTheStart_EndsBoth()
    {
        var held = new SyncPoint();
        Script.Start = (_, ct) => held.PassAsync(ct);
        await using var host = Build();
        var start = host.StartAsync();
        await held.ReachedAsync();

        await StopAsync(host);

        Assert.That(await start.FailureAsync(), Is.Not.Null, "the start did not succeed");
        Assert.That(Script.Disposed, Is.EqualTo(Script.Created));
    }

    [Test]
    public async Task Dispose_AfterAnotherServiceFailedToStart_EndsItAndDisposesOfIt()
    {
        var host = TestHost.Build(services =>
        {
            Register(services);
            services.AddSingleton<IHostedService>(new JournalService(new Journal())
            {
                OnPhase = static (phase, _) => phase == "start" ? throw Cause : Task.CompletedTask,
            });
        });
        var control = host.Control;
        Assert.That(await host.StartAsync().FailureAsync(), Is.SameAs(Cause));

        await host.DisposeAsync().AsTask().InTime();

        Account.AssertBalances(control, Name);
        await Eventually.HoldsAsync(() => Script.Disposed == Script.Created);
    }

    [Test]
    public async Task Hosts_TwoInOneProcess_ShareNothing()
    {
        await using var host = Build();
        await using var other = Build();
        await Task.WhenAll(host.StartAsync(), other.StartAsync());

        await StopAsync(host);

        Assert.That(other.Snapshot(Name).State, Is.EqualTo(SidecarState.Ready));
        Assert.That(Script.Disposed, Is.EqualTo(1));
        await StopAsync(other);
    }

    [Test]
    public async Task Start_OfAHostThatRunsOrHasStopped_MakesNoOtherInstance()
    {
        await using var host = Build();
        await host.StartAsync();
        var coordinator = (IHostedLifecycleService)host.Services.GetServices<IHostedService>().First();
        await coordinator.StartingAsync(CancellationToken.None).InTime();
        await StopAsync(host);

        Assert.That(() => coordinator.StartingAsync(CancellationToken.None), Throws.InvalidOperationException);
        Assert.That(Script.Created, Is.EqualTo(1));
    }

    [Test]
    public async Task Logger_ThrowsAtEveryEntry_ChangesNothing()
    {
        await using var host = Build();
        var entries = 0;
        host.Logs.OnEntry = entry =>
        {
            if (entry.Category.StartsWith("SidecarPatterns", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref entries);
                throw Cause;
            }
        };
        await host.StartAsync();
        await FailTheSecondIncarnationAsync(host);
        await host.Clock.PassFirstRestartDelayAsync();
        await host.StateAsync(Name, SidecarState.Ready);
        await StopAsync(host);

        Assert.That(entries, Is.Positive);
    }
}
