using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests;

[TestFixture]
[CancelAfter(170_000)]
internal sealed class DrainTests
{
    [Test]
    public async Task Stop_SeveralSidecars_DrainInReverseOrderEachAfterTheOneBehindIt()
    {
        var consumed = new Account();
        var produced = new Account();
        var point = new SyncPoint();
        TestHost? host = null;
        await using var built = host = TestHost.Build(services => services
            .AddSidecar("consumer", consumed.Counting<string>(static _ => { })).Services
            .AddSidecar("producer", produced.Counting<int>(async (message, _, ct) =>
            {
                await point.PassAsync(ct);
                await consumed.WriteAsync(host!.Writer<string>(), $"from {message}", ct);
            })));
        await host.StartAsync();
        produced.Publish(host.Writer<int>(), 1);
        produced.Publish(host.Writer<int>(), 2);

        var stop = host.StopAsync();
        await point.ReachedAsync();
        await host.StateAsync("producer", SidecarState.Draining);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Snapshot("consumer").State, Is.EqualTo(SidecarState.Ready));
            Assert.That(produced.Publish(host.Writer<int>(), 3).IsAccepted, Is.False);
            Assert.That(consumed.TryWrite(host.Writer<string>(), "from the test"));
        }

        point.Release();
        await stop;

        Assert.That(consumed.Handled, Is.EqualTo(3));
        consumed.AssertBalances(host.Control, "consumer");
        produced.AssertBalances(host.Control, "producer");
    }

    [Test]
    public async Task Stop_Afterwards_EveryVerbRefuses()
    {
        var account = new Account();
        await using var host = TestHost.Build(services => services.AddSidecar("sidecar", account.Counting<int>(static _ => { })));
        var writer = host.Writer<int>();
        await host.StartAsync();
        account.Publish(writer, 1);
        await host.StopAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(account.TryWrite(writer, 2), Is.False);
            var result = account.Publish(writer, 3);
            Assert.That(result.Status, Is.EqualTo(PublishStatus.Rejected));
            Assert.That(result.Reason, Is.EqualTo(PublishReason.Stopped));
            Assert.That(await account.WriteAsync(writer, 4).FailureAsync(), Is.TypeOf<ChannelClosedException>().With.InnerException.Null);
            Assert.That(await writer.WaitToWriteAsync(), Is.False);
            Assert.That(host.Snapshot("sidecar").State, Is.EqualTo(SidecarState.Stopped));
            Assert.That(host.Snapshot("sidecar").IsReady, Is.False);
            Assert.That(host.Snapshot("sidecar").RejectedByReason, Is.EqualTo(new Dictionary<PublishReason, long> { [PublishReason.Stopped] = 3 }));
            Assert.That(host.Snapshot("sidecar").LastError, Is.Null);
        }

        account.AssertBalances(host.Control, "sidecar");
    }

    [Test]
    public async Task Stop_RunSidecarEndsByItsCancelledToken_IsInOrder()
    {
        var script = new Script<First> { Run = static (_, ct) => Task.Delay(Timeout.InfiniteTimeSpan, ct) };
        await using var host = TestHost.Build(services => services.AddRun(script, "sidecar"));
        await host.StartAsync();

        await host.StopAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Snapshot("sidecar").State, Is.EqualTo(SidecarState.Stopped));
            Assert.That(host.Snapshot("sidecar").LastError, Is.Null);
            Assert.That(host.Logs.Entries.Where(static entry => entry.Level >= LogLevel.Warning), Is.Empty);
            Assert.That(script.Disposed, Is.EqualTo(1));
        }
    }

    [Test]
    public async Task Stop_InstanceIsDisposedOfAfterTheLastMessageAndBeforeTheStopReturns()
    {
        for (var round = 0; round < 200; round++)
        {
            var account = new Account();
            var handledAtDisposal = -1L;
            var script = new Script<First> { Handle = account.Counting<int>(static _ => { }) };
            script.Dispose = async () =>
            {
                await Task.Yield();
                handledAtDisposal = account.Handled;
            };
            await using var host = TestHost.Build(services => services.AddHandler(script, "sidecar"));
            await host.StartAsync();
            account.Publish(host.Writer<int>(), 1);
            account.Publish(host.Writer<int>(), 2);

            await host.StopAsync();

            Assert.That(script.Disposed, Is.EqualTo(1), "the stop went on without the disposal");
            Assert.That(handledAtDisposal, Is.EqualTo(2));
            account.AssertBalances(host.Control, "sidecar");
        }
    }

    [Test]
    public async Task Stop_WhileTheSidecarPublishesToItself_HandlesWhatWasAcceptedAndRefusesTheRest()
    {
        var account = new Account();
        var point = new SyncPoint();
        TestHost? host = null;
        await using var built = host = TestHost.Build(services => services.AddSidecar("sidecar", account.Counting<int>(async (message, _, ct) =>
        {
            if (message == 1)
            {
                account.TryWrite(host!.Writer<int>(), 2); // Before the stop.
                await point.PassAsync(ct);
                account.TryWrite(host!.Writer<int>(), 3); // After it.
            }
        })));
        await host.StartAsync();
        account.Publish(host.Writer<int>(), 1);
        await point.ReachedAsync();

        var stop = host.StopAsync();
        await host.StateAsync("sidecar", SidecarState.Draining);
        await Eventually.HoldsAsync(() => !host.Writer<int>().WaitToWriteAsync().AsTask().GetAwaiter().GetResult());
        point.Release();
        await stop;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(account.Handled, Is.EqualTo(2));
            Assert.That(account.Refused, Is.EqualTo(1));
        }

        account.AssertBalances(host.Control, "sidecar");
    }
}
