using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Queues at their bounds, and messages that are none.</summary>
internal sealed class PressureTests
{
    private const string Name = "pressed";

    [TestCase(BoundedChannelFullMode.Wait)]
    [TestCase(BoundedChannelFullMode.DropOldest)]
    [TestCase(BoundedChannelFullMode.DropNewest)]
    [TestCase(BoundedChannelFullMode.DropWrite)]
    [CancelAfter(170_000)]
    public async Task WriteAsync_TenThousandPublishersAtOnce_LosesNothingUntold(BoundedChannelFullMode mode)
    {
        const int Publishers = 10_000;
        var account = new Account();
        var begin = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var host = TestHost.Build(services => services.AddSidecar(Name, account.Counting<int>(static _ => { }), options =>
        {
            options.Capacity = 16;
            options.FullMode = mode;
        }).OnDropped(account.CountDropped));
        await host.StartAsync();
        var writer = host.Writer<int>();
        Task[] publishing = [.. Enumerable.Range(0, Publishers).Select(PublishAsync)];

        begin.SetResult();
        await Task.WhenAll(publishing).InTime();

        await account.BalancesAsync(host.Control, Name);
        Assert.That(account.Accepted + account.Refused, Is.EqualTo(Publishers));

        async Task PublishAsync(int message)
        {
            await begin.Task;
            if (mode == BoundedChannelFullMode.DropWrite)
            {
                account.TryWrite(writer, message); // WriteAsync does not tell a drop by its result.
            }
            else
            {
                await account.WriteAsync(writer, message);
            }
        }
    }

    [Test]
    [CancelAfter(170_000)]
    public async Task Publish_NullByEveryVerb_IsRefusedAndTouchesNothing(
        [Values("single", "concurrent", "keyed", "batches", "fan-out")] string mode)
    {
        var account = new Account();
        await using var host = TestHost.Build(services => AddTexts(services, mode, account));
        await host.StartAsync();
        var writer = host.Writer<string>();
        var plain = host.Services.GetRequiredService<ChannelWriter<string>>();
        var keyed = host.Writer<string>(Name);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => writer.Publish(null!), Throws.ArgumentNullException);
            foreach (var each in new[] { writer, plain, keyed })
            {
                Assert.That(() => each.TryWrite(null!), Throws.ArgumentNullException);
                Assert.That(async () => await each.WriteAsync(null!), Throws.ArgumentNullException);
            }
        }

        account.AssertBalances(host.Control, Name);
        await account.WriteAsync(writer, "not null");
        await account.BalancesAsync(host.Control, Name);
    }

    [Test]
    [CancelAfter(170_000)]
    public async Task Publish_CapacityOneAndABlockedHandler_HasOneInFlightOneQueuedAndRefusesTheNext()
    {
        var account = new Account();
        var held = new SyncPoint();
        await using var host = TestHost.Build(services => services.AddSidecar(
            Name, account.Counting<int>(_ => held.Pass()), static options => options.Capacity = 1));
        await host.StartAsync();
        var writer = host.Writer<int>();
        account.Publish(writer, 1);
        await held.ReachedAsync();

        var second = account.Publish(writer, 2);
        var third = account.Publish(writer, 3);

        account.AssertBalances(host.Control, Name, queued: 1, inFlight: 1);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(second.Status, Is.EqualTo(PublishStatus.Accepted));
            Assert.That(third.Status, Is.EqualTo(PublishStatus.Rejected));
            Assert.That(third.Reason, Is.EqualTo(PublishReason.Full));
            Assert.That(writer.Count, Is.EqualTo(1));
        }

        var waiting = account.WriteAsync(writer, 4);
        Assert.That(waiting.IsCompleted, Is.False);
        held.Release();
        await waiting.InTime();
        await account.BalancesAsync(host.Control, Name);
    }

    private static void AddTexts(IServiceCollection services, string mode, Account account)
    {
        if (mode == "batches")
        {
            services.AddSingleton(account).AddBatchSidecar<TextBatches, string>(Name, static options => options.BatchDelay = TimeSpan.Zero);
            return;
        }

        var builder = services.AddSidecar(
            Name, account.Counting<string>(static _ => { }), options => options.Concurrency = mode is "concurrent" or "keyed" ? 2 : 1);
        if (mode == "keyed")
        {
            builder.PartitionBy(static text => text.Length);
        }
        else if (mode == "fan-out")
        {
            services.AddSidecar<string>("second", static (_, _, _) => default);
        }
    }

    [SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
    private sealed class TextBatches(Account account) : IBatchSidecar<string>
    {
        public ValueTask HandleAsync(IReadOnlyList<string> batch, SidecarContext context, CancellationToken ct)
        {
            foreach (var _ in batch)
            {
                account.CountHandled();
            }

            return default;
        }
    }
}
