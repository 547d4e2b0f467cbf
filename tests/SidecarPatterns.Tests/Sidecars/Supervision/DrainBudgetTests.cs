using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Tests;

/// <summary>How long each sidecar may drain; every handler here ends when its token is cancelled, which tells when that was.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class DrainBudgetTests
{
    [Test]
    public async Task Drain_PlentyOfTime_GetsItsDrainTimeout()
    {
        await using var test = await BusySidecars.StartAsync(count: 1, TimeSpan.FromSeconds(30));

        var stop = test.Host.StopAsync();
        await test.Clock.ArmedAsync(TimeSpan.FromSeconds(10));
        test.Clock.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        Assert.That(test.CancelledAt(0), Is.Null);

        test.Clock.Advance(TimeSpan.FromTicks(1));
        await stop;
        Assert.That(test.CancelledAt(0), Is.EqualTo(TimeSpan.FromSeconds(10)));
        test.AssertBalances();
    }

    [Test]
    public async Task Drain_OwnDrainTimeout_IsObeyed()
    {
        await using var test = await BusySidecars.StartAsync(count: 1, TimeSpan.FromSeconds(30), static options => options.DrainTimeout = TimeSpan.FromSeconds(3));

        var stop = test.Host.StopAsync();
        await test.Clock.PassAsync(TimeSpan.FromSeconds(3));
        await stop;

        Assert.That(test.CancelledAt(0), Is.EqualTo(TimeSpan.FromSeconds(3)));
        test.AssertBalances();
    }

    [Test]
    public async Task Drain_NoDrainTimeout_CancelsAtOnce()
    {
        await using var test = await BusySidecars.StartAsync(count: 1, TimeSpan.FromSeconds(30), static options => options.DrainTimeout = TimeSpan.Zero);

        await test.Host.StopAsync();

        Assert.That(test.CancelledAt(0), Is.EqualTo(TimeSpan.Zero));
        test.AssertBalances();
    }

    [Test]
    public async Task Drain_SeveralSidecars_ShareWhatTheHostHasLeftWithTwoSecondsForEachThatFollows()
    {
        await using var test = await BusySidecars.StartAsync(count: 4, TimeSpan.FromSeconds(15));

        var stop = test.Host.StopAsync();
        await test.Clock.PassAsync(TimeSpan.FromSeconds(9)); // 15 less 3 x 2.
        await test.Clock.PassAsync(TimeSpan.FromSeconds(2)); // 15 less 9 and less 2 x 2.
        await test.Clock.PassAsync(TimeSpan.FromSeconds(2)); // 15 less 11 and less 2.
        await test.Clock.PassAsync(TimeSpan.FromSeconds(2)); // 15 less 13.
        await stop;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(test.CancelledAt(3), Is.EqualTo(TimeSpan.FromSeconds(9)));
            Assert.That(test.CancelledAt(2), Is.EqualTo(TimeSpan.FromSeconds(11)));
            Assert.That(test.CancelledAt(1), Is.EqualTo(TimeSpan.FromSeconds(13)));
            Assert.That(test.CancelledAt(0), Is.EqualTo(TimeSpan.FromSeconds(15)));
        }

        test.AssertBalances();
    }

    [Test]
    public async Task Drain_NothingLeftOfTheHostsTime_GetsTwoSecondsAllTheSame()
    {
        await using var test = await BusySidecars.StartAsync(count: 2, TimeSpan.FromSeconds(1));

        var stop = test.Host.StopAsync();
        await test.Clock.PassAsync(TimeSpan.FromSeconds(2));
        await test.Clock.PassAsync(TimeSpan.FromSeconds(2));
        await stop;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(test.CancelledAt(1), Is.EqualTo(TimeSpan.FromSeconds(2)));
            Assert.That(test.CancelledAt(0), Is.EqualTo(TimeSpan.FromSeconds(4)));
        }

        test.AssertBalances();
    }

    [Test]
    public async Task Drain_ApplicationTookLongToStop_TimeCountsFromTheBeginningOfTheStop()
    {
        var application = new JournalService(new Journal());
        await using var test = await BusySidecars.StartAsync(
            count: 1, TimeSpan.FromSeconds(15), services: services => services.AddSingleton<IHostedService>(application));
        application.OnPhase = (phase, _) =>
        {
            if (phase == "stop")
            {
                test.Clock.Advance(TimeSpan.FromSeconds(8));
            }

            return Task.CompletedTask;
        };

        var stop = test.Host.StopAsync();
        await test.Clock.PassAsync(TimeSpan.FromSeconds(7));
        await stop;

        Assert.That(test.CancelledAt(0), Is.EqualTo(TimeSpan.FromSeconds(15)));
        test.AssertBalances();
    }

    [Test]
    public async Task Drain_HostWithoutTimeLimit_GetsItsDrainTimeout()
    {
        await using var test = await BusySidecars.StartAsync(count: 3, Timeout.InfiniteTimeSpan, static options => options.DrainTimeout = TimeSpan.FromHours(1));

        var stop = test.Host.StopAsync();
        for (var sidecar = 2; sidecar >= 0; sidecar--)
        {
            // The instance before it may take the same time to be disposed of: that timer is not the one that is meant.
            await test.Host.StateAsync($"sidecar-{sidecar}", SidecarState.Draining);
            await test.Clock.PassAsync(TimeSpan.FromHours(1));
        }

        await stop;
        Assert.That(test.CancelledAt(0), Is.EqualTo(TimeSpan.FromHours(3)));
        test.AssertBalances();
    }

    [Test]
    public async Task Drain_AllHang_StopLastsAtMostShutdownTimeoutAndThreeSecondsASidecar()
    {
        const int Count = 5;
        var shutdownTimeout = TimeSpan.FromSeconds(5);
        await using var test = await BusySidecars.StartAsync(Count, shutdownTimeout, ignoresToken: true);
        var startedAt = test.Clock.GetTimestamp();

        var stop = test.Host.StopAsync();
        await test.Clock.AdvanceUntilAsync(TimeSpan.FromMilliseconds(100), () => stop.IsCompleted);
        await stop;

        // Each step of the clock may come a little before the wait that it was meant for.
        var bound = shutdownTimeout + (Count * TimeSpan.FromSeconds(3));
        Assert.That(test.Clock.GetElapsedTime(startedAt), Is.LessThan(bound + TimeSpan.FromSeconds(5)));
        test.AssertBalances();
        await test.EndAsync();
    }

    /// <summary>Sidecars that each have a message in hand until they are cancelled.</summary>
    private sealed class BusySidecars : IAsyncDisposable
    {
        private readonly Account[] _accounts;
        private readonly TimeSpan?[] _cancelledAt;
        private readonly SyncPoint[] _points;
        private long _stoppingAt;

        private BusySidecars(
            int count, TimeSpan shutdownTimeout, Action<SidecarOptions>? configure, Action<IServiceCollection>? more, bool ignoresToken)
        {
            _accounts = [.. Enumerable.Range(0, count).Select(static _ => new Account())];
            _points = [.. Enumerable.Range(0, count).Select(static _ => new SyncPoint())];
            _cancelledAt = new TimeSpan?[count];
            Host = TestHost.Build(services =>
            {
                services.Configure<HostOptions>(options => options.ShutdownTimeout = shutdownTimeout);
                for (var number = 0; number < count; number++)
                {
                    var sidecar = number;
                    services.AddSidecar<int>($"sidecar-{sidecar}", async (_, _, ct) =>
                    {
                        try
                        {
                            await _points[sidecar].PassAsync(ignoresToken ? CancellationToken.None : ct);
                            _accounts[sidecar].CountLate();
                        }
                        catch (OperationCanceledException)
                        {
                            _cancelledAt[sidecar] = Clock.GetElapsedTime(_stoppingAt);
                            throw;
                        }
                    }, configure);
                }

                more?.Invoke(services);
            });
        }

        public TestHost Host { get; }

        public TestClock Clock => Host.Clock;

        public static async Task<BusySidecars> StartAsync(
            int count,
            TimeSpan shutdownTimeout,
            Action<SidecarOptions>? configure = null,
            Action<IServiceCollection>? services = null,
            bool ignoresToken = false)
        {
            var sidecars = new BusySidecars(count, shutdownTimeout, configure, services, ignoresToken);
            await sidecars.Host.StartAsync();
            for (var number = 0; number < count; number++)
            {
                await sidecars._accounts[number].WriteAsync(sidecars.Host.Writer<int>($"sidecar-{number}"), 1);
                await sidecars._points[number].ReachedAsync();
            }

            sidecars._stoppingAt = sidecars.Clock.GetTimestamp();
            return sidecars;
        }

        public TimeSpan? CancelledAt(int sidecar) => _cancelledAt[sidecar];

        /// <summary>Each had one message, and did not get to the end of it.</summary>
        public void AssertBalances()
        {
            for (var number = 0; number < _accounts.Length; number++)
            {
                _accounts[number].CountAbandoned(1);
                _accounts[number].AssertBalances(Host.Control, $"sidecar-{number}");
            }
        }

        /// <summary>Lets the handlers end that ignored their token.</summary>
        public async Task EndAsync()
        {
            foreach (var point in _points)
            {
                point.Release();
            }

            for (var number = 0; number < _accounts.Length; number++)
            {
                await Eventually.HoldsAsync(() => Host.Snapshot($"sidecar-{number}").Late == 1);
                _accounts[number].AssertBalances(Host.Control, $"sidecar-{number}");
            }
        }

        public ValueTask DisposeAsync() => Host.DisposeAsync();
    }
}
