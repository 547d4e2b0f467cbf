using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Publishes that leave the last places of the queue to others.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class ReserveTests
{
    private const string Name = "audit";

    [Test]
    public async Task Publish_WithAReserve_StopsShortOfItAndOthersTakeTheRest([Values] BoundedChannelFullMode mode, [Values] bool isSized)
    {
        var dropped = 0;
        await using var host = TestHost.Build(services =>
        {
            var builder = services.AddSidecar<int>(Name, static (_, _, _) => default, options => (options.Capacity, options.FullMode) = (10, mode));
            builder.OnDropped(_ => dropped++);
            if (isSized)
            {
                builder.SizeOf(static _ => 1);
            }
        });
        var writer = host.Writer<int>();
        var modest = Enumerable.Range(0, 12).Select(_ => writer.Publish(1, reserve: 3)).ToArray();
        var others = Enumerable.Range(0, 3).Select(_ => writer.Publish(1, reserve: 0)).ToArray();

        var refusal = mode == BoundedChannelFullMode.DropWrite ? PublishResult.Dropped(PublishReason.Full) : PublishResult.Rejected(PublishReason.Full);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(modest[..7], Is.All.EqualTo(PublishResult.Accepted));
            Assert.That(modest[7..], Is.All.EqualTo(refusal));
            Assert.That(others, Is.All.EqualTo(PublishResult.Accepted));
            Assert.That(host.Snapshot(Name), Has.Property("Accepted").EqualTo(10).And.Property("Queued").EqualTo(10));
            Assert.That(host.Snapshot(Name).Rejected + host.Snapshot(Name).Dropped, Is.EqualTo(5), "each refusal is counted");
            Assert.That(dropped, Is.EqualTo(mode == BoundedChannelFullMode.DropWrite ? 5 : 0));
        }
    }

    [Test]
    public async Task Publish_ReserveOfAll_TakesNothing()
    {
        await using var host = TestHost.Build(static services => services.AddSidecar<int>(Name, static (_, _, _) => default, static options => options.Capacity = 10));
        Assert.That(host.Writer<int>().Publish(1, reserve: int.MaxValue), Is.EqualTo(PublishResult.Rejected(PublishReason.Full)));
        Assert.That(() => host.Writer<int>().Publish(1, reserve: -1), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public async Task Publish_AfterTheEnd_IsToldThatAndNotThatItIsFull()
    {
        await using var host = TestHost.Build(static services => services.AddSidecar<int>(Name, static (_, _, _) => default, static options => options.Capacity = 1));
        await host.StartAsync();
        await host.StopAsync();
        Assert.That(host.Writer<int>().Publish(1, reserve: 1), Is.EqualTo(PublishResult.Rejected(PublishReason.Stopped)));
    }

    [Test]
    public async Task Publish_ToSeveral_LeavesTheReserveInEachThatAllMustHaveAndDropsInTheOthers([Values] bool isSized)
    {
        await using var host = TestHost.Build(services =>
        {
            Add("small", 4, BoundedChannelFullMode.Wait);
            Add("large", 8, BoundedChannelFullMode.Wait);
            Add("lossy", 3, BoundedChannelFullMode.DropWrite);

            void Add(string name, int capacity, BoundedChannelFullMode mode)
            {
                var builder = services.AddSidecar<int>(name, static (_, _, _) => default, options => (options.Capacity, options.FullMode) = (capacity, mode));
                if (isSized)
                {
                    builder.SizeOf(static _ => 1);
                }
            }
        });
        var results = Enumerable.Range(0, 5).Select(_ => host.Writer<int>().Publish(1, reserve: 2)).ToArray();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(results, Is.EqualTo(new[]
            {
                PublishResult.Accepted, PublishResult.Dropped(PublishReason.Full), PublishResult.Rejected(PublishReason.Full),
                PublishResult.Rejected(PublishReason.Full), PublishResult.Rejected(PublishReason.Full),
            }));
            Assert.That(new[] { "small", "large", "lossy" }.Select(name => host.Snapshot(name).Queued), Is.EqualTo(new[] { 2, 2, 1 }));
        }
    }
}
