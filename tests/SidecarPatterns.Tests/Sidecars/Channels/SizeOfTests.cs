using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Sidecars whose queue is bounded in bytes, in real hosts. Each message is its own size.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class SizeOfTests
{
    private const string Name = "sized";

    private Account _account = null!;
    private SyncPoint _held = null!;

    [SetUp]
    public void Create()
    {
        _account = new Account();
        _held = new SyncPoint();
    }

    [Test]
    public async Task Publish_BytesDoNotFit_IsRejectedUntilAMessageBegins([Values(1, 3)] int concurrency, [Values] bool keyed)
    {
        await using var host = Build(
            options => (options.Concurrency, options.CapacityInBytes) = (concurrency, 10),
            builder => _ = keyed ? builder.PartitionBy(static _ => "one") : builder);
        await host.StartAsync();
        var writer = host.Writer<int>();
        var lanes = keyed ? 1 : concurrency;
        for (var lane = 0; lane < lanes; lane++)
        {
            _account.Publish(writer, 100); // Larger than the bound: each waits alone.
            await Eventually.HoldsAsync(() => host.Snapshot(Name).Queued == 0);
        }

        Assert.That(_account.Publish(writer, 6).IsAccepted && _account.Publish(writer, 4).IsAccepted, Is.True);
        Assert.That(_account.Publish(writer, 1), Is.EqualTo(PublishResult.Rejected(PublishReason.Full)));
        Assert.That(_account.TryWrite(writer, 1), Is.False);
        var waiting = _account.WriteAsync(writer, 5);
        Assert.That(host.Snapshot(Name), Has.Property("QueuedBytes").EqualTo(10).And.Property("CapacityInBytes").EqualTo(10));
        _account.AssertBalances(host.Control, Name, queued: 2, inFlight: lanes);

        _held.Release();
        await waiting.InTime();
        await _account.BalancesAsync(host.Control, Name);
        Assert.That(host.Snapshot(Name).QueuedBytes, Is.Zero);
        await host.StopAsync();
        _account.AssertBalances(host.Control, Name);
    }

    [Test]
    public async Task Publish_QueueEvicts_TellsOfEachThatGaveWay([Values(BoundedChannelFullMode.DropOldest, BoundedChannelFullMode.DropNewest)] BoundedChannelFullMode mode)
    {
        await using var host = Build(
            options => (options.FullMode, options.CapacityInBytes) = (mode, 10), builder => builder.OnDropped(_account.CountDropped));
        var writer = host.Writer<int>();
        foreach (var size in (int[])[3, 3, 3, 9, 100])
        {
            Assert.That(_account.Publish(writer, size).IsAccepted, Is.True);
        }

        _account.AssertBalances(host.Control, Name, queued: 1);
        Assert.That(host.Snapshot(Name), Has.Property("Evicted").EqualTo(4).And.Property("QueuedBytes").EqualTo(100));
        _held.Release();
        await host.StartAsync();
        await host.StopAsync();
        _account.AssertBalances(host.Control, Name);
    }

    [Test]
    public async Task Publish_SizeOfFails_ThrowsAndCountsNothing()
    {
        await using var host = Build(static options => options.CapacityInBytes = 10);
        var writer = host.Writer<int>();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => writer.Publish(-1), Throws.InvalidOperationException.With.Message.Contains($"'{Name}'"));
            Assert.That(() => writer.TryWrite(-1), Throws.InvalidOperationException);
            Assert.That(async () => await writer.WriteAsync(-1), Throws.InvalidOperationException);
        }

        _account.AssertBalances(host.Control, Name);
    }

    [Test]
    public async Task Publish_EveryVerb_IsMeasuredOnce()
    {
        var measured = new ConcurrentQueue<int>();
        await using var host = TestHost.Build(services => services
            .AddSidecar(Name, _account.Counting<int>(static _ => { }), static options => options.CapacityInBytes = 5)
            .SizeOf(message =>
            {
                measured.Enqueue(message);
                return message;
            }));
        var writer = host.Writer<int>();
        _account.Publish(writer, 5);
        _account.TryWrite(writer, 4);
        var waiting = _account.WriteAsync(writer, 3);
        await host.StartAsync();
        await waiting.InTime();
        await _account.BalancesAsync(host.Control, Name);
        Assert.That(measured, Is.EqualTo(new[] { 5, 4, 3 }));
    }

    [Test]
    public async Task Batch_BytesAreFullBeforeTheBatchIs_IsHandedOverAtOnce()
    {
        var seen = new ConcurrentQueue<int>();
        await using var host = TestHost.Build(services =>
        {
            services.AddSingleton(new Batches(batch =>
            {
                foreach (var message in batch)
                {
                    seen.Enqueue(message);
                    _account.CountHandled();
                }
            }));
            services.AddBatchSidecar<Batches, int>(Name, static options => (options.BatchDelay, options.CapacityInBytes) = (TimeSpan.FromDays(1), 10))
                .SizeOf(static message => message);
        });
        await host.StartAsync();
        var writer = host.Writer<int>();
        for (var message = 1; message <= 9; message++)
        {
            await _account.WriteAsync(writer, message).InTime(); // The clock stands still: no batch is ever old enough.
        }

        await Eventually.HoldsAsync(() => host.Snapshot(Name).Handled == _account.Handled);
        Assert.That(host.Snapshot(Name).QueuedBytes, Is.EqualTo(45 - seen.Sum()));
        await host.StopAsync();
        _account.AssertBalances(host.Control, Name);
        Assert.That(seen, Is.EqualTo(Enumerable.Range(1, 9)));
        Assert.That(host.Snapshot(Name).QueuedBytes, Is.Zero);
    }

    [Test]
    public async Task Request_HasTheSizeOfItsContent()
    {
        await using var asking = Asking.Build(
            async (request, _, ct) =>
            {
                await _held.PassAsync(ct);
                return $"{request}";
            },
            static options => options.CapacityInBytes = 10,
            static builder => builder.SizeOf(static request => request));
        var first = asking.Ask(7);
        Assert.That(asking.Host.Snapshot(Asking.Name).QueuedBytes, Is.EqualTo(7));
        Assert.That(asking.Client.TryAsk(4, out _), Is.False);
        asking.Account.Count(accepted: false);
        var second = asking.Ask(3);
        Assert.That(() => asking.Client.AskAsync(-1), Throws.InvalidOperationException);
        _held.Release();
        await asking.Host.StartAsync();
        Assert.That(await Task.WhenAll(first, second).InTime(), Is.EqualTo(new[] { "7", "3" }));
        asking.Account.CountHandled();
        asking.Account.CountHandled();
        await asking.BalancesAsync();
    }

    [Test]
    public async Task Replay_BytesDoNotFit_TheLetterStays()
    {
        var fails = true;
        await using var host = TestHost.Build(services => services
            .AddSidecar(Name, _account.Counting<int>(_ => _ = fails ? throw new FormatException("failed") : 0), static options => options.CapacityInBytes = 10)
            .SizeOf(static message => message));
        var writer = host.Writer<int>();
        await host.StartAsync();
        foreach (var size in (int[])[6, 5, 4])
        {
            await _account.WriteAsync(writer, size).InTime();
        }

        await _account.BalancesAsync(host.Control, Name);
        fails = false;
        host.Control.Pause(Name);
        Assert.That(host.Control.ReplayDeadLetters(Name, static letter => (int)letter.Message == 7), Is.Zero, "there is none of seven");
        Assert.That(Replay(host), Is.EqualTo(2), "six and four fit, five does not");
        _account.AssertBalances(host.Control, Name, queued: 2);
        Assert.That(host.Control.GetDeadLetters(Name).Single().Message, Is.EqualTo(5));
        host.Control.Resume(Name);
        await _account.BalancesAsync(host.Control, Name);
        Assert.That(Replay(host), Is.EqualTo(1));
        await _account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task Snapshot_WithoutSizeOf_HasNoBytes()
    {
        await using var host = TestHost.Build(services => services.AddSidecar(Name, _account.Counting<int>(static _ => { })));
        Assert.That(host.Snapshot(Name), Has.Property("QueuedBytes").Null.And.Property("CapacityInBytes").Null);
    }

    [Test]
    public async Task CapacityInBytes_WithoutSizeOf_StopsTheStartAndSaysWhatToDo()
    {
        await using var host = TestHost.Build(static services =>
        {
            services.AddSidecar<int>(Name, static (_, _, _) => default, static options => options.CapacityInBytes = 10);
            services.AddBatchSidecar<Batches, int>("batches", static options => options.CapacityInBytes = 10);
            services.AddRun(new Script<First>(), "runs", static options => options.CapacityInBytes = 10);
        });
        Assert.That(
            async () => await host.StartAsync(),
            Throws.Exception.With.Message.Contains($"Sidecars:{Name}:CapacityInBytes is 10; allowed is nothing as long as SizeOf, on the sidecar's builder,")
                .And.Message.Contains("Sidecars:batches:CapacityInBytes is 10; allowed is nothing as long as SizeOf")
                .And.Message.Contains("Sidecars:runs:CapacityInBytes is 10; allowed is nothing for a sidecar that takes no messages."));
    }

    [Test]
    public void SizeOf_NullOrTwice_IsRefused()
    {
        var builder = new ServiceCollection().AddSidecar<int>(Name, static (_, _, _) => default);
        Assert.That(() => builder.SizeOf(null!), Throws.ArgumentNullException);
        builder.SizeOf(static _ => 1);
        Assert.That(() => builder.SizeOf(static _ => 1), Throws.InvalidOperationException.With.Message.Contains("SizeOf"));
    }

    private int Replay(TestHost host)
    {
        var replayed = host.Control.ReplayDeadLetters(Name);
        for (var i = 0; i < replayed; i++)
        {
            _account.Count(accepted: true);
        }

        _account.CountTaken(replayed);
        return replayed;
    }

    private TestHost Build(Action<SidecarOptions> configure, Action<ISidecarBuilder<int>>? chain = null) => TestHost.Build(services =>
    {
        var builder = services
            .AddSidecar(Name, _account.Counting<int>(async (_, _, ct) => await _held.PassAsync(ct)), configure)
            .SizeOf(static message => message);
        chain?.Invoke(builder);
    });

    private sealed class Batches(Action<IReadOnlyList<int>> handle) : IBatchSidecar<int>
    {
        public ValueTask HandleAsync(IReadOnlyList<int> batch, SidecarContext context, CancellationToken ct)
        {
            handle(batch);
            return default;
        }
    }
}
