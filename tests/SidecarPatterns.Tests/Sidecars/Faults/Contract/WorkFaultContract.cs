namespace SidecarPatterns.Tests;

/// <summary>What no sidecar whose work is one task may do to its host: those without messages, sources, and hosted services.</summary>
internal abstract class WorkFaultContract(bool inGroup) : FaultContract(inGroup)
{
    /// <summary>What the sidecar does for as long as it lives.</summary>
    protected abstract Func<CancellationToken, Task> Work { set; }

    /// <summary>Ways to fail.</summary>
    public enum Way
    {
        Synchronously,
        Asynchronously,
        ByACancellationOfItsOwn,
    }

    [Test]
    public async Task Work_Fails_IsRestartedAfterADelay([Values] Way way)
    {
        Work = ct => Script.Created > 1 ? Script.UntilCancelledAsync(ct) : FailAsync(way);
        await using var host = Build(static options => options.Critical = false);

        var start = host.StartAsync(); // Ready at the second attempt, if the first one failed before it was.
        await host.Clock.PassFirstRestartDelayAsync();
        await Eventually.HoldsAsync(() => Script.Created == 2);
        await start;
        await host.StateAsync(Name, SidecarState.Ready);

        Assert.That(host.Snapshot(Name).LastError, way == Way.ByACancellationOfItsOwn ? Is.InstanceOf<OperationCanceledException>() : Is.SameAs(Cause));
        Assert.That(host.Snapshot(Name).Restarts, Is.EqualTo(1));
        await StopAsync(host);
    }

    [Test]
    public async Task Work_IgnoresItsToken_IsAbandonedByNameAndDisposedOfOnceItEnds()
    {
        var held = new SyncPoint();
        Work = _ => held.PassAsync(CancellationToken.None);
        await using var host = Build();
        await host.StartAsync();
        await held.ReachedAsync();

        var stop = host.StopAsync();
        await host.Clock.PassAsync(DrainTimeout);
        await host.Clock.PassAsync(Grace);
        await stop;

        Assert.That(host.Logs.Named("SidecarAbandoned").Single().Message, Does.Contain($"'{Name}'"));
        Assert.That(Script.Disposed, Is.Zero, "nothing is disposed of under code that runs");
        held.Release();
        await Eventually.HoldsAsync(() => Script.Disposed == 1);
    }

    [Test]
    public async Task Work_FailsWhileTheHostStops_IsTold()
    {
        var begun = new TaskCompletionSource();
        Work = async ct =>
        {
            begun.TrySetResult();
            await Script.UntilCancelledAsync(ct);
            throw Cause;
        };
        await using var host = Build();
        await host.StartAsync();
        await begun.Task.InTime(); // A BackgroundService has started before its work begins, and a stop in between leaves that out.

        var failure = await host.StopAsync().FailureAsync();

        Assert.That(failure is AggregateException several ? several.InnerExceptions.Single() : failure, Is.SameAs(Cause));
        Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Stopped));
    }

    private static Task FailAsync(Way way) => way switch
    {
        Way.Synchronously => throw Cause,
        Way.Asynchronously => FailLaterAsync(Cause),
        _ => FailLaterAsync(new OperationCanceledException(new CancellationToken(canceled: true))),
    };

    private static async Task FailLaterAsync(Exception exception)
    {
        await Task.Yield();
        throw exception;
    }
}
