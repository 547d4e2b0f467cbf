using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>A batch sidecar that looks at intervals is not woken for each message, but for a quarter of its queue, a flush and the stop.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class BatchIntervalTests
{
    private const string Name = "sidecar";

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    private Account _account = null!;
    private ConcurrentQueue<int[]> _seen = null!;
    private Func<IReadOnlyList<int>, Task> _before = null!;

    [SetUp]
    public void Begin()
    {
        _account = new Account();
        _seen = new ConcurrentQueue<int[]>();
        _before = static _ => Task.CompletedTask;
    }

    [Test]
    public async Task Messages_BetweenTwoLooks_WaitForTheNextOneAndGoTogether()
    {
        await using var host = await StartAsync();
        await NapsAsync(host);
        await PublishAsync(host, 0, 15);
        await host.Clock.ArmedAsync(Interval);
        Assert.That(_seen, Is.Empty);

        await host.Clock.PassAsync(Interval);
        await Eventually.HoldsAsync(() => _seen.Count == 2);
        Assert.That(_seen.Select(static batch => batch.Length), Is.EqualTo([10, 5]), "all of them, in batches of the size that is set");
        await host.Clock.ArmedAsync(Interval);
    }

    [Test]
    public async Task Messages_PublishedBeforeTheStart_WaitForNoNap()
    {
        await using var host = Build();
        await PublishAsync(host, 0, 3);
        await host.StartAsync();
        await Eventually.HoldsAsync(() => _seen.Count == 1);
        Assert.That(_seen.Single(), Is.EqualTo([0, 1, 2]));
    }

    [Test]
    public async Task Messages_PublishedWhileALookGoesOn_WaitForTheNext()
    {
        var held = new SyncPoint();
        _before = batch => batch[0] == 0 ? held.PassAsync() : Task.CompletedTask;
        await using var host = await StartAsync();
        await NapsAsync(host);
        await PublishAsync(host, 0, 1);
        await host.Clock.PassAsync(Interval);
        await held.ReachedAsync();
        await PublishAsync(host, 1, 1);
        held.Release();
        await NapsAsync(host);
        Assert.That(_seen.Single(), Is.EqualTo([0]));

        await host.Clock.PassAsync(Interval);
        await Eventually.HoldsAsync(() => _seen.Count == 2);
    }

    [Test]
    public async Task AQuarterOfTheQueue_EndsTheNap([Values] bool isSized, [Values] BoundedChannelFullMode mode)
    {
        await using var host = await StartAsync(options => (options.Capacity, options.FullMode) = (40, mode), isSized: isSized);
        await NapsAsync(host);
        await PublishAsync(host, 0, 9);
        await host.Clock.ArmedAsync(Interval);
        Assert.That(_seen, Is.Empty);

        await PublishAsync(host, 9, 1);
        await Eventually.HoldsAsync(() => _seen.Count == 1);
        Assert.That(_seen.Single(), Has.Length.EqualTo(10));
    }

    [Test]
    public async Task AQuarterOfTheQueue_PublishedToSeveralSidecars_EndsTheNapOfEach()
    {
        await using var host = await StartAsync(static options => options.Capacity = 40, services => services.AddSidecar<int>("other", static (_, _, _) => default));
        await NapsAsync(host);
        await PublishAsync(host, 0, 10);
        await Eventually.HoldsAsync(() => _seen.Count == 1);
    }

    [Test]
    public async Task NoRoom_WhoWaitsForItEndsTheNap([Values] bool asks)
    {
        await using var host = await StartAsync(static options => (options.Capacity, options.CapacityInBytes) = (100, 1), isSized: true);
        await NapsAsync(host);
        await PublishAsync(host, 0, 1);
        if (asks)
        {
            Assert.That(await host.Writer<int>().WaitToWriteAsync().AsTask().InTime(), Is.True);
        }

        await PublishAsync(host, 1, 20);
        await host.Control.FlushAsync(Name).InTime(); // Nobody waits for room behind the last one.
        await _account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task Silence_OfASecond_IsSleptThroughAndTheNextMessageWakesIt()
    {
        await using var host = await StartAsync();
        for (var silence = TimeSpan.Zero; silence < TimeSpan.FromSeconds(1); silence += Interval)
        {
            await host.Clock.PassAsync(Interval);
        }

        await host.Clock.NothingArmedAsync();
        await PublishAsync(host, 0, 1);
        await Eventually.HoldsAsync(() => _seen.Count == 1);
        await host.Clock.ArmedAsync(Interval);
    }

    [Test]
    public async Task Flush_DuringANap_HandsOverAtOnce()
    {
        await using var host = await StartAsync();
        for (var round = 0; round < 100; round++)
        {
            await PublishAsync(host, round * 3, 3);
            await host.Control.FlushAsync(Name).InTime();
            await _account.BalancesAsync(host.Control, Name);
        }
    }

    [Test]
    public async Task Stop_DuringANap_Drains()
    {
        await using var host = await StartAsync();
        await NapsAsync(host);
        await PublishAsync(host, 0, 13);
        await host.StopAsync();

        Assert.That(_seen.SelectMany(static batch => batch), Is.EqualTo(Enumerable.Range(0, 13)));
        _account.AssertBalances(host.Control, Name);
    }

    [Test]
    public async Task RestartAndPause_DuringANap_DoNotWaitForIt()
    {
        await using var host = await StartAsync();
        await NapsAsync(host);
        await PublishAsync(host, 0, 3);
        await host.Control.RestartAsync(Name).InTime();
        host.Control.Pause(Name);
        await PublishAsync(host, 3, 3);
        host.Control.Resume(Name);
        await host.Control.FlushAsync(Name).InTime();
        await _account.BalancesAsync(host.Control, Name);
        Assert.That(_seen.SelectMany(static batch => batch), Is.EqualTo(Enumerable.Range(0, 6)));
    }

    [Test]
    public async Task ManyPublishers_OnTheSystemClock_EveryMessageIsHandledOnceInItsOrder([Values(1, 16, 1024)] int capacity, [Values] bool hasOther)
    {
        const int Publishers = 4;
        const int Each = 2_500;
        await using var host = TestHost.BuildOnSystemClock(services =>
        {
            Register(services, options => options.Capacity = capacity, isSized: false);
            if (hasOther)
            {
                services.AddSidecar<int>("other", static (_, _, _) => default);
            }
        });
        await host.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, Publishers).Select(publisher => Task.Run(async () =>
        {
            for (var i = 0; i < Each; i++)
            {
                await _account.WriteAsync(host.Writer<int>(), (publisher * Each) + i);
            }
        }))).InTime();
        await host.StopAsync();

        _account.AssertBalances(host.Control, Name);
        var all = _seen.SelectMany(static batch => batch).ToArray();
        for (var publisher = 0; publisher < Publishers; publisher++)
        {
            Assert.That(all.Where(message => message / Each == publisher), Is.EqualTo(Enumerable.Range(publisher * Each, Each)));
        }
    }

    private static Task NapsAsync(TestHost host) => host.Clock.ArmedAsync(Interval);

    private async Task PublishAsync(TestHost host, int first, int count)
    {
        for (var message = first; message < first + count; message++)
        {
            await _account.WriteAsync(host.Writer<int>(), message).InTime();
        }
    }

    private async Task<TestHost> StartAsync(
        Action<SidecarOptions>? configure = null, Action<IServiceCollection>? others = null, bool isSized = false)
    {
        var host = Build(configure, others, isSized);
        await host.StartAsync();
        return host;
    }

    private TestHost Build(
        Action<SidecarOptions>? configure = null, Action<IServiceCollection>? others = null, bool isSized = false) => TestHost.Build(services =>
    {
        Register(services, configure, isSized);
        others?.Invoke(services);
    });

    private void Register(IServiceCollection services, Action<SidecarOptions>? configure, bool isSized)
    {
        services.AddSingleton(this);
        var builder = services.AddBatchSidecar<BatchSidecar, int>(Name, options =>
        {
            options.BatchInterval = Interval;
            configure?.Invoke(options);
            options.BatchSize = Math.Min(10, options.Capacity);
        });
        builder.OnDropped(_account.CountDropped);
        if (isSized)
        {
            builder.SizeOf(static _ => 1);
        }
    }

    private sealed class BatchSidecar(BatchIntervalTests test) : IBatchSidecar<int>
    {
        public async ValueTask HandleAsync(IReadOnlyList<int> batch, SidecarContext context, CancellationToken ct)
        {
            int[] copy = [.. batch];
            await test._before(copy);
            test._seen.Enqueue(copy);
            for (var i = 0; i < copy.Length; i++)
            {
                test._account.CountHandled();
            }
        }
    }
}
