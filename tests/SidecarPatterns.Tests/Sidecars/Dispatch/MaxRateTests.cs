using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>How many messages a handler gets in a time.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class MaxRateTests
{
    private const string Name = "limited";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.5);

    private Account _account = null!;
    private ConcurrentQueue<TimeSpan> _begun = null!;

    [SetUp]
    public void Create()
    {
        _account = new Account();
        _begun = new ConcurrentQueue<TimeSpan>();
    }

    [Test]
    public async Task MaxRate_MoreMessages_AreSpreadEvenlyAndStayQueued([Values(1, 4)] int concurrency)
    {
        await using var host = await StartAsync(options =>
        {
            options.MaxRate = 2;
            options.Concurrency = concurrency;
        });
        await PublishAsync(host, 6);

        for (var handled = 1; handled <= 6; handled++)
        {
            await _account.BalancesAsync(host.Control, Name, queued: 6 - handled);
            Assert.That(_begun, Has.Count.EqualTo(handled));
            if (handled < 6)
            {
                await host.Clock.PassAsync(Interval);
            }
        }

        Assert.That(_begun, Is.EqualTo(Enumerable.Range(0, 6).Select(static index => index * Interval)));
    }

    [Test]
    public async Task MaxRate_AfterAnIdleHour_CatchesUpOnTwentyMillisecondsAtMost()
    {
        await using var host = await StartAsync(static options => options.MaxRate = 1000);
        host.Clock.Advance(TimeSpan.FromHours(1));
        await PublishAsync(host, 100);

        await host.Clock.ArmedAsync(TimeSpan.FromMilliseconds(1));

        Assert.That(_begun, Has.Count.EqualTo(21));
        await host.Clock.AdvanceUntilAsync(TimeSpan.FromMilliseconds(1), () => _begun.Count == 100);
        await _account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task MaxRate_Batches_CountsTheirMessages()
    {
        var sizes = new ConcurrentQueue<int>();
        await using var host = TestHost.Build(services =>
        {
            services.AddSingleton(new Batches(batch =>
            {
                sizes.Enqueue(batch.Count);
                _begun.Enqueue(Now(batch.Count));
            }));
            services.AddBatchSidecar<Batches, int>(Name, static options =>
            {
                options.BatchSize = 10;
                options.MaxRate = 2;
            });
        });
        await host.StartAsync();
        await PublishAsync(host, 30);

        await Eventually.HoldsAsync(() => sizes.Count == 1);
        await host.Clock.PassAsync(TimeSpan.FromSeconds(5));
        await Eventually.HoldsAsync(() => sizes.Count == 2);
        await host.Clock.PassAsync(TimeSpan.FromSeconds(5));
        await _account.BalancesAsync(host.Control, Name);

        Assert.That(sizes, Is.EqualTo([10, 10, 10]));

        TimeSpan Now(int count)
        {
            for (var i = 0; i < count; i++)
            {
                _account.CountHandled();
            }

            return TimeSpan.Zero;
        }
    }

    [Test]
    public async Task MaxRate_RestartAndPauseWhileTheLaneWaits_AreNotHeldUp()
    {
        await using var host = await StartAsync(static options => options.MaxRate = 0.001);
        await PublishAsync(host, 3);
        await _account.BalancesAsync(host.Control, Name, queued: 2);
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(1000));

        host.Control.Pause(Name);
        host.Control.Resume(Name);
        await host.Control.RestartAsync(Name).InTime();
        await _account.BalancesAsync(host.Control, Name, queued: 2);
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1000));

        await _account.BalancesAsync(host.Control, Name, queued: 1);
    }

    [Test]
    public async Task Drain_WithARate_KeepsToItAndAbandonsWhatThereIsNoTimeFor()
    {
        await using var host = await StartAsync(static options =>
        {
            options.MaxRate = 1;
            options.DrainTimeout = TimeSpan.FromSeconds(2.5);
        });
        await PublishAsync(host, 10);
        await _account.BalancesAsync(host.Control, Name, queued: 9);

        var stop = host.StopAsync();
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(2.5));
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1));
        await Eventually.HoldsAsync(() => _begun.Count == 2);
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1));
        await Eventually.HoldsAsync(() => _begun.Count == 3);
        await host.Clock.PassAsync(TimeSpan.FromSeconds(0.5));
        await stop;

        _account.CountAbandoned(7);
        _account.AssertBalances(host.Control, Name);
    }

    [Test]
    public async Task Limiter_RateChangesWhileSomebodyWaits_GivesNewTimes()
    {
        var clock = new TestClock();
        var limiter = new PacedRateLimiter(0.0001, clock);
        Assert.That(limiter.AttemptAcquire().IsAcquired, Is.True);
        Assert.That(limiter.AttemptAcquire().IsAcquired, Is.False);
        var first = limiter.AcquireAsync().AsTask();
        var second = limiter.AcquireAsync().AsTask();
        await clock.ArmedAsync(TimeSpan.FromSeconds(20_000));

        limiter.SetRate(1);
        await clock.PassAsync(TimeSpan.FromSeconds(1));
        await clock.PassAsync(TimeSpan.FromSeconds(1));

        Assert.That((await first.InTime()).IsAcquired && (await second.InTime()).IsAcquired, Is.True);
    }

    [Test]
    public async Task Limiter_WhoLeaves_LeavesTheTurnToTheNext()
    {
        var clock = new TestClock();
        var limiter = new PacedRateLimiter(1, clock);
        limiter.AttemptAcquire();
        using var leaving = new CancellationTokenSource();
        var gone = limiter.AcquireAsync(permitCount: 1, leaving.Token).AsTask();
        await leaving.CancelAsync();

        Assert.That(await gone.FailureAsync(), Is.InstanceOf<OperationCanceledException>());
        var next = limiter.AcquireAsync().AsTask();
        await clock.PassAsync(TimeSpan.FromSeconds(1));
        Assert.That((await next.InTime()).IsAcquired, Is.True);
    }

    [Test]
    public void Limiter_PermitThatIsJustDue_IsGranted()
    {
        var clock = new TestClock();
        var limiter = new PacedRateLimiter(1, clock);
        Assert.That(limiter.AttemptAcquire().IsAcquired, Is.True);

        AssertNextIsDueIn(limiter, clock, TimeSpan.FromSeconds(1));
    }

    [TestCase(0.1, 0.5)]
    [TestCase(4, 0.25)]
    public void Limiter_RateChanges_TheNextPermitComesSoonerAndNeverLater(double rate, double due)
    {
        var clock = new TestClock();
        var limiter = new PacedRateLimiter(1, clock);
        Assert.That(limiter.AttemptAcquire().IsAcquired, Is.True);
        clock.Advance(TimeSpan.FromSeconds(0.5));

        limiter.SetRate(rate);

        AssertNextIsDueIn(limiter, clock, TimeSpan.FromSeconds(due));
    }

    [Test]
    public void Limiter_Overdrawn_TheNextPermitComesTheLater()
    {
        var clock = new TestClock();
        var limiter = new PacedRateLimiter(2, clock);
        Assert.That(limiter.AttemptAcquire().IsAcquired, Is.True);

        limiter.Overdraw(3);

        AssertNextIsDueIn(limiter, clock, TimeSpan.FromSeconds(2));
    }

    [Test]
    public async Task Limiter_RateOfNextToNothing_WaitsForAsLongAsATimerTakes()
    {
        var clock = new TestClock();
        var limiter = new PacedRateLimiter(0.000_000_001, clock);
        limiter.AttemptAcquire();
        var next = limiter.AcquireAsync().AsTask();

        await clock.PassAsync(TimeSpan.FromDays(49));

        Assert.That((await next.InTime()).IsAcquired, Is.True);
    }

    private static void AssertNextIsDueIn(PacedRateLimiter limiter, TestClock clock, TimeSpan due)
    {
        clock.Advance(due - TimeSpan.FromTicks(1));
        Assert.That(limiter.AttemptAcquire().IsAcquired, Is.False);
        clock.Advance(TimeSpan.FromTicks(1));
        Assert.That(limiter.AttemptAcquire().IsAcquired, Is.True);
    }

    private async Task<TestHost> StartAsync(Action<SidecarOptions> configure)
    {
        TestHost? host = null;
        host = TestHost.Build(services => services.AddSidecar(
            Name,
            _account.Counting<int>(_ => _begun.Enqueue(host!.Clock.GetUtcNow() - new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero))),
            configure));
        await host.StartAsync();
        return host;
    }

    private async Task PublishAsync(TestHost host, int count)
    {
        for (var message = 0; message < count; message++)
        {
            await _account.WriteAsync(host.Writer<int>(), message);
        }
    }

    private sealed class Batches(Action<IReadOnlyList<int>> handle) : IBatchSidecar<int>
    {
        public ValueTask HandleAsync(IReadOnlyList<int> batch, SidecarContext context, CancellationToken ct)
        {
            handle(batch);
            return default;
        }
    }
}
