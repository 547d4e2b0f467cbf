using System.Threading.Channels;

namespace SidecarPatterns.Tests;

internal abstract partial class DispatchFaultContract
{
    [Test]
    public async Task Publish_CapacityOneAndBlockedHandlers_HasOneQueuedAndRefusesTheNext()
    {
        var held = new SyncPoint();
        Script.Handle = (_, _, _) => new ValueTask(held.PassAsync(CancellationToken.None));
        await using var host = Build(WithRoomForOne);
        await host.StartAsync();
        await FillAsync(host);

        var refused = TryPublish(host, 100);
        var waiting = PublishAsync(host, 101);

        Assert.That(refused, Is.False);
        Assert.That(waiting.IsCompleted, Is.False);
        held.Release();
        Assert.That(await waiting.InTime(), Is.True);
        await BalancesAsync(host);
        await StopAsync(host);
    }

    [Test]
    public async Task Stop_WhileWritersWaitOnAFullQueue_TellsEachAndHandlesWhatWasAccepted()
    {
        var held = new SyncPoint();
        Script.Handle = (_, _, _) => new ValueTask(held.PassAsync(CancellationToken.None));
        await using var host = Build(WithRoomForOne);
        await host.StartAsync();
        await FillAsync(host);
        Task<bool>[] waiting = [.. Enumerable.Range(100, 20).Select(message => PublishAsync(host, message))];

        var stop = host.StopAsync();
        Assert.That(await Task.WhenAll(waiting).InTime(), Is.All.False);
        held.Release();
        await stop;

        Account.AssertBalances(host.Control, Name);
        Assert.That(Account.Handled, Is.EqualTo(Calls + 1));
    }

    [Test]
    public async Task Publish_RacingAgainstTheStop_IsHandledIfAccepted([Range(1, 5)] int round)
    {
        const int Publishers = 3;
        Script.Handle = static (message, _, _) => message % 7 == 0 ? YieldAsync() : default;
        await using var host = TestHost.BuildOnSystemClock(services => Register(services, options => options.Capacity = 8 << round));
        await host.StartAsync();
        using var ready = new CountdownEvent(Publishers);
        var publishing = Enumerable.Range(0, Publishers).Select(number => Task.Run(async () =>
        {
            ready.Signal();
            for (var message = 1; await PublishAsync(host, message); message++)
            {
                if ((message + number) % 100 == 0)
                {
                    await Task.Yield();
                }
            }
        })).ToArray();
        await Eventually.HoldsAsync(() => ready.IsSet);
        Thread.SpinWait(Random.Shared.Next(20_000));

        await host.StopAsync();
        await Task.WhenAll(publishing).InTime();

        Account.AssertBalances(host.Control, Name);
    }

    [Test]
    public async Task Publish_TenThousandAtOnce_LosesNothingUntold(
        [Values(BoundedChannelFullMode.Wait, BoundedChannelFullMode.DropOldest)] BoundedChannelFullMode fullMode)
    {
        const int Publishers = 10_000;
        var begin = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var host = TestHost.BuildOnSystemClock(services => Register(services, options =>
        {
            options.Capacity = 16;
            options.FullMode = fullMode;
            options.DeadLetterCapacity = 0;
        }));
        await host.StartAsync();
        Task<bool>[] publishing = [.. Enumerable.Range(0, Publishers).Select(async message =>
        {
            await begin.Task;
            return await PublishAsync(host, message);
        })];

        begin.SetResult();

        Assert.That(await Task.WhenAll(publishing).InTime(), Is.All.True);
        await BalancesAsync(host);
        await StopAsync(host);
    }

    private static void WithRoomForOne(SidecarOptions options)
    {
        options.Capacity = 1;
        options.BatchSize = 1;
    }

    private static async ValueTask YieldAsync() => await Task.Yield();

    /// <summary>As many messages as there can be are with handlers, which hold them, and one waits.</summary>
    private async Task FillAsync(TestHost host)
    {
        for (var message = 1; message <= Calls; message++)
        {
            Assert.That(TryPublish(host, message), Is.True);
            await Eventually.HoldsAsync(() => Dispatch.InCalls == message);
        }

        Assert.That(TryPublish(host, Calls + 1), Is.True);
        await BalancesAsync(host, queued: 1, inFlight: Calls);
    }
}
