using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace SidecarPatterns.Tests;

/// <summary>Flushes of a sidecar whose messages have keys: they wait for what waits inside, and for nothing that came later.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class PartitionFlushTests
{
    private const string Name = "sidecar";

    private static readonly TimeSpan Long = TimeSpan.FromDays(1);

    private readonly ConcurrentDictionary<int, SyncPoint> _held = new();
    private Account _account = null!;

    [SetUp]
    public void Begin()
    {
        _held.Clear();
        _account = new Account();
    }

    [Test]
    public async Task Flush_AMessageWaitsForItsKey_WaitsForItAndForNoneAfterIt()
    {
        await using var host = await StartAsync(concurrency: 2, held: [0, 2, 4]);
        _account.TryWrite(host.Writer<int>(), 0);
        await _held[0].ReachedAsync();
        _account.TryWrite(host.Writer<int>(), 2);
        await HeldAsync(host, 1);
        var flush = host.Control.FlushAsync(Name);
        _account.TryWrite(host.Writer<int>(), 4);
        await HeldAsync(host, 2);

        _held[0].Release();
        await _held[2].ReachedAsync();
        Assert.That(flush.IsCompleted, Is.False, "2 was there before it");

        _held[2].Release();
        await _held[4].ReachedAsync();
        await flush.InTime();

        _held[4].Release();
        await _account.BalancesAsync(host.Control, Name);
        Assert.That(IntakeOf(host).HeldCount, Is.Zero);
    }

    [Test]
    public async Task Flush_AMessageWaitsForItsRetry_WaitsForItUnlessItCameLater()
    {
        await using var host = await StartAsync(concurrency: 2, held: [0]);
        _account.TryWrite(host.Writer<int>(), 0);
        await _held[0].ReachedAsync();
        var flush = host.Control.FlushAsync(Name);
        _account.TryWrite(host.Writer<int>(), -1);
        await Eventually.HoldsAsync(() => IntakeOf(host).ParkedCount == 1, "it waits for its retry");
        var later = host.Control.FlushAsync(Name);

        _held[0].Release();
        await flush.InTime();
        Assert.That(later.IsCompleted, Is.False);

        await host.Clock.AdvanceAsync(Long);
        await later.InTime();
        await _account.BalancesAsync(host.Control, Name);
        Assert.That(IntakeOf(host).HeldCount, Is.Zero);
    }

    [Test]
    public async Task Flush_BehindAMessageWhoseKeyFails_DoesNotWaitForTheNext()
    {
        await using var host = await StartAsync(concurrency: 1, held: [0, 2]);
        _account.TryWrite(host.Writer<int>(), 0);
        await _held[0].ReachedAsync();
        _account.TryWrite(host.Writer<int>(), int.MinValue);
        var flush = host.Control.FlushAsync(Name);
        _account.TryWrite(host.Writer<int>(), 2);

        _held[0].Release();
        await _held[2].ReachedAsync();
        await flush.InTime();

        _account.CountDeadLettered();
        _held[2].Release();
        await _account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public void Key_Fails_ItsMessageIsUnsettledUntilItIsADeadLetter()
    {
        var queue = new RingQueue<int>(8);
        var intake = new KeyedIntake<int, int>(queue, static _ => throw new FormatException("no key"), new FakeTimeProvider());
        intake.OnFailed = (source, _, _) =>
        {
            Assert.That(intake.IsSettledUpTo(1), Is.False);
            source.Settle(Settlement.DeadLettered);
        };
        Assert.That(queue.TryOffer(0, default), Is.EqualTo(OfferResult.Accepted));

        var lane = intake.RentLane();
        Assert.That(lane.TryTake(out _), Is.False);
        Assert.That(lane.Settled.DeadLettered, Is.EqualTo(1));
        Assert.That(intake.IsSettledUpTo(1), Is.True);
    }

    private static MessageIntake<int> IntakeOf(TestHost host) => host.Worker<LaneWorker<int>>(Name).Intake!;

    private static Task HeldAsync(TestHost host, int count) =>
        Eventually.HoldsAsync(() => IntakeOf(host).HeldCount == count, $"{count} messages wait for their key");

    /// <summary>Even messages have one key and odd ones another, that of the least fails; those below zero fail once.</summary>
    private async Task<TestHost> StartAsync(int concurrency, int[] held)
    {
        foreach (var message in held)
        {
            _held[message] = new SyncPoint();
        }

        var host = TestHost.Build(services => services
            .AddSidecar<int>(
                Name,
                async (message, context, _) =>
                {
                    if (_held.TryGetValue(message, out var point))
                    {
                        await point.PassAsync(CancellationToken.None);
                    }

                    if (message < 0 && context.Attempt == 1)
                    {
                        throw new IOException("once");
                    }

                    _account.CountHandled();
                },
                options =>
                {
                    options.Concurrency = concurrency;
                    options.MaxAttempts = 2;
                    options.RetryDelay = options.MaxRetryDelay = Long;
                })
            .PartitionBy(static message => message == int.MinValue ? throw new FormatException("no key") : message % 2));
        await host.StartAsync();
        return host;
    }
}
