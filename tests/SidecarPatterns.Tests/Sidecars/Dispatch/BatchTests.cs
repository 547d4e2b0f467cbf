using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

[TestFixture]
[CancelAfter(170_000)]
internal sealed partial class BatchTests
{
    private const string Name = "sidecar";

    private static readonly TimeSpan Long = TimeSpan.FromDays(1);

    private Account _account = null!;
    private ConcurrentQueue<int[]> _seen = null!;
    private BatchScript _script = null!;

    [SetUp]
    public void Create()
    {
        _account = new Account();
        _seen = new ConcurrentQueue<int[]>();
        _script = new BatchScript { Handle = (batch, _, _) => Handled(batch) };
    }

    [Test]
    public async Task Batch_Full_IsHandedOverAtOnceAndTheRestWhenItIsOldEnough()
    {
        await using var host = await StartAsync();
        await PublishAsync(host, 0, 25);

        await Eventually.HoldsAsync(() => _seen.Count == 2);
        await _account.BalancesAsync(host.Control, Name, queued: 5);
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1));
        await Eventually.HoldsAsync(() => _seen.Count == 3);
        await _account.BalancesAsync(host.Control, Name);

        Assert.That(_seen.Select(static batch => batch.Length), Is.EqualTo([10, 10, 5]));
        Assert.That(_seen.SelectMany(static batch => batch), Is.EqualTo(Enumerable.Range(0, 25)));
    }

    [Test]
    public async Task Batch_DelayCountsFromItsOldestMessage_WhateverComesAfter()
    {
        await using var host = await StartAsync();
        await PublishAsync(host, 0, 1);
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(1));
        host.Clock.Advance(TimeSpan.FromSeconds(0.6));
        await PublishAsync(host, 1, 1);
        await host.Clock.PassAsync(TimeSpan.FromSeconds(0.4));

        await Eventually.HoldsAsync(() => _seen.Count == 1);
        Assert.That(_seen.Single(), Is.EqualTo([0, 1]));
    }

    [Test]
    public async Task Batch_MessagesThatGotOldWhileTheHandlerWasBusy_AreHandedOverAtOnce()
    {
        var held = new SyncPoint();
        _script.Handle = async (batch, _, ct) =>
        {
            await held.PassAsync(ct);
            await Handled(batch);
        };
        await using var host = await StartAsync();
        await PublishAsync(host, 0, 10);
        await held.ReachedAsync();
        await PublishAsync(host, 10, 3);
        host.Clock.Advance(TimeSpan.FromSeconds(2));
        held.Release();

        await _account.BalancesAsync(host.Control, Name);
        Assert.That(_seen.Select(static batch => batch.Length), Is.EqualTo([10, 3]));
    }

    [Test]
    public async Task Batch_NoDelay_TakesWhatIsThere()
    {
        await using var host = await StartAsync(static options => options.BatchDelay = TimeSpan.Zero);
        await PublishAsync(host, 0, 100);

        await _account.BalancesAsync(host.Control, Name);
        Assert.That(_seen.SelectMany(static batch => batch), Is.EqualTo(Enumerable.Range(0, 100)));
    }

    [Test]
    public async Task Stop_PartOfABatch_IsHandedOver()
    {
        await using var host = await StartAsync();
        await PublishAsync(host, 0, 13);

        await host.StopAsync();

        Assert.That(_seen.SelectMany(static batch => batch), Is.EqualTo(Enumerable.Range(0, 13)));
        _account.AssertBalances(host.Control, Name);
    }

    [Test]
    public async Task BatchDelay_PassesWhileItsTimerIsSet_TheBatchIsNotLate()
    {
        var delay = TimeSpan.FromMilliseconds(10);
        await using var host = await StartAsync(options => options.BatchDelay = delay);
        host.Clock.OnArming = due =>
        {
            if (due == delay)
            {
                host.Clock.OnArming = null;
                host.Clock.Advance(delay);
            }
        };
        await PublishAsync(host, 0, 1);

        await _account.BalancesAsync(host.Control, Name);
        Assert.That(host.Clock.OnArming, Is.Null, "the delay has passed while the timer was set");
    }

    [Test]
    public async Task Flush_PartOfABatch_IsHandedOverAtOnce()
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
    public async Task Flush_EndsWithinABatchWhoseRestIsRetried_DoesNotWaitForThat()
    {
        var held = new SyncPoint();
        _script.Handle = async (batch, context, _) =>
        {
            if (batch[0] == 0)
            {
                await held.PassAsync(CancellationToken.None);
                await Handled(batch);
                return;
            }

            Count(1);
            if (context.Attempt == 1)
            {
                context.MarkHandled(0);
                throw new IOException("down");
            }
        };
        await using var host = await StartAsync(static options => options.MaxAttempts = 2);
        await PublishAsync(host, 0, 10);
        await held.ReachedAsync();
        await PublishAsync(host, 10, 1);
        var flush = host.Control.FlushAsync(Name);
        await PublishAsync(host, 11, 1);
        Assert.That(flush.IsCompleted, Is.False);

        held.Release();

        await flush.InTime();
        await _account.BalancesAsync(host.Control, Name, inFlight: 1);
        await host.StopAsync();
        _account.AssertBalances(host.Control, Name);
    }

    [Test]
    public async Task ManyPublishers_EveryMessageIsHandledOnceInItsOrder([Values(10, 11, 1024)] int capacity, [Values] bool suspends)
    {
        const int Publishers = 4;
        const int Each = 2_500;
        _script.Handle = async (batch, _, _) =>
        {
            if (suspends && batch[0] % 3 == 0)
            {
                await Task.Yield();
            }

            await Handled(batch);
        };
        await using var host = await StartAsync(options => options.Capacity = capacity);
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

    [Test]
    public async Task Fails_WithoutRetry_EveryMessageIsADeadLetter()
    {
        _script.Handle = (_, _, _) => throw new IOException("down");
        await using var host = await StartAsync();
        await PublishAsync(host, 0, 10);

        _account.CountDeadLettered(10);
        await _account.BalancesAsync(host.Control, Name);
        Assert.That(host.Control.GetDeadLetters(Name).Select(static letter => (int)letter.Message), Is.EqualTo(Enumerable.Range(0, 10)));
    }

    [Test]
    public async Task Fails_PartlySettledByItsHandler_TheRestIsRetriedAlone()
    {
        _script.Handle = (batch, context, _) =>
        {
            _seen.Enqueue([.. batch]);
            if (context.Attempt == 1)
            {
                context.MarkHandled(0);
                context.MarkHandled(2);
                context.MarkFailed(1, new FormatException("bad"));
                throw new IOException("down");
            }

            Count(batch.Count);
            return default;
        };
        await using var host = await StartAsync(static options => options.MaxAttempts = 2);
        await PublishAsync(host, 0, 10);
        Count(2);
        _account.CountDeadLettered();
        await _account.BalancesAsync(host.Control, Name, inFlight: 7);

        await host.Clock.AdvanceAsync(await host.Clock.ArmedAsync(TimeSpan.FromSeconds(2), Long));
        await _account.BalancesAsync(host.Control, Name);
        Assert.That(_seen.Last(), Is.EqualTo(Enumerable.Range(3, 7)));
        Assert.That(host.Control.GetDeadLetters(Name).Single(), Has.Property("Message").EqualTo(1)
            .And.Property("Exception").TypeOf<FormatException>().And.Property("Attempts").EqualTo(1));
    }

    [Test]
    public async Task Succeeds_WithMessagesMarkedAsFailed_TheyAloneAreDeadLetters()
    {
        _script.Handle = (batch, context, _) =>
        {
            context.MarkFailed(3, new FormatException("bad"));
            Count(batch.Count - 1);
            return default;
        };
        await using var host = await StartAsync();
        await PublishAsync(host, 0, 10);

        _account.CountDeadLettered();
        await _account.BalancesAsync(host.Control, Name);
        Assert.That(host.Control.GetDeadLetters(Name).Single().Message, Is.EqualTo(3));
    }

    [Test]
    public async Task Mark_OutOfRangeOrNotInABatch_Throws()
    {
        Exception?[] errors = [];
        _script.Handle = (batch, context, _) =>
        {
            errors = [Assert.Catch(() => context.MarkHandled(batch.Count)), Assert.Catch(() => context.MarkFailed(-1, new FormatException()))];
            return Handled(batch);
        };
        await using var host = await StartAsync();
        await PublishAsync(host, 0, 10);
        await _account.BalancesAsync(host.Control, Name);

        Assert.That(errors, Is.All.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(errors.Select(static error => ((ArgumentOutOfRangeException)error!).ActualValue), Is.EqualTo(new object[] { 10, -1 }));
        Assert.That(
            () => new SidecarContext("plain", host.Services).MarkHandled(0), Throws.InvalidOperationException.With.Message.Contains("'plain'"));
    }

    [Test]
    public async Task ShouldHandle_ChoosesAmongTheMessagesOfAFailedBatch()
    {
        _script.Handle = (batch, context, _) =>
        {
            if (context.Attempt == 1)
            {
                throw new IOException("down");
            }

            return Handled(batch);
        };
        await using var host = await StartAsync(
            static options => options.MaxAttempts = 2, static builder => builder.ShouldHandle(static (message, _) => message % 2 == 0));
        await PublishAsync(host, 0, 10);
        _account.CountDeadLettered(5);
        await _account.BalancesAsync(host.Control, Name, inFlight: 5);

        await host.Clock.AdvanceAsync(await host.Clock.ArmedAsync(TimeSpan.FromSeconds(2), Long));
        await _account.BalancesAsync(host.Control, Name);
        Assert.That(_seen.Single(), Is.EqualTo([0, 2, 4, 6, 8]));
    }

    [Test]
    public async Task ShouldHandle_RefusesAllMessagesOfAFailedBatch_IsAskedWithItsFailureAndNothingIsAttemptedAgain()
    {
        var failure = new IOException("down");
        var asked = new ConcurrentQueue<Exception>();
        _script.Handle = (batch, _, _) =>
        {
            _seen.Enqueue([.. batch]);
            throw failure;
        };
        await using var host = await StartAsync(
            static options => options.MaxAttempts = 2,
            builder => builder.ShouldHandle((_, exception) =>
            {
                asked.Enqueue(exception);
                return false;
            }));
        await PublishAsync(host, 0, 10);
        _account.CountDeadLettered(10);
        await _account.BalancesAsync(host.Control, Name);
        await host.StopAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(_seen, Has.Count.EqualTo(1));
            Assert.That(asked, Has.Count.EqualTo(10).And.All.SameAs(failure));
            Assert.That(host.Control.GetDeadLetters(Name).Select(static letter => letter.Exception), Is.All.SameAs(failure));
        }
    }

    [Test]
    public async Task HandlerTimeout_Ignored_TheBatchIsDeadLetteredAndALateMarkTouchesNothing()
    {
        var held = new SyncPoint();
        _script.Handle = async (batch, context, _) =>
        {
            if (batch[0] == 0)
            {
                await held.PassAsync(CancellationToken.None);
                context.MarkHandled(0);
                _account.CountLate();
                return;
            }

            await Handled(batch);
        };
        await using var host = await StartAsync(static options => options.HandlerTimeout = TimeSpan.FromSeconds(5));
        await PublishAsync(host, 0, 10);
        await held.ReachedAsync();
        await host.Clock.PassAsync(TimeSpan.FromSeconds(5));
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1));
        _account.CountDeadLettered(10);
        await host.Clock.PassFirstRestartDelayAsync();
        await PublishAsync(host, 10, 10);
        await _account.BalancesAsync(host.Control, Name);

        held.Release();
        await Eventually.HoldsAsync(() => host.Snapshot(Name).Late == 1);
        _account.AssertBalances(host.Control, Name);
        Assert.That(_seen.Single(), Is.EqualTo(Enumerable.Range(10, 10)));
    }

    [Test]
    public async Task Stop_HandlerHangs_EverythingLeftIsAbandoned()
    {
        var held = new SyncPoint();
        _script.Handle = async (_, _, _) =>
        {
            await held.PassAsync(CancellationToken.None);
            _account.CountLate();
        };
        await using var host = await StartAsync();
        await PublishAsync(host, 0, 23);
        await held.ReachedAsync();

        var stop = host.StopAsync();
        await host.Clock.PassAsync(TimeSpan.FromSeconds(10));
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1));
        await stop;
        _account.CountAbandoned(23);
        _account.AssertBalances(host.Control, Name);

        held.Release();
        await Eventually.HoldsAsync(() => host.Snapshot(Name).Late == 1);
    }

    [Test]
    public async Task Pause_Restart_WithABatchThatIsBeingFormed_LoseNothing()
    {
        await using var host = await StartAsync();
        await PublishAsync(host, 0, 4);
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(1)); // The lane has begun to form a batch.
        host.Control.Pause(Name);
        await host.Control.RestartAsync(Name).InTime();
        _account.AssertBalances(host.Control, Name, queued: 4);

        host.Control.Resume(Name);
        await host.Control.FlushAsync(Name).InTime();
        await _account.BalancesAsync(host.Control, Name);
        Assert.That(_seen.Single(), Is.EqualTo([0, 1, 2, 3]));
    }

    [Test]
    public async Task MaxAge_OldMessages_AreLeftOutOfTheBatch()
    {
        await using var host = Build(static options => options.MaxAge = TimeSpan.FromSeconds(10));
        await PublishAsync(host, 0, 3);
        host.Clock.Advance(TimeSpan.FromSeconds(11));
        await PublishAsync(host, 3, 10);
        _account.CountDeadLettered(3);
        await host.StartAsync();

        await _account.BalancesAsync(host.Control, Name);
        Assert.That(_seen.Single(), Is.EqualTo(Enumerable.Range(3, 10)));
        Assert.That(host.Control.GetDeadLetters(Name).Select(static letter => letter.Reason), Is.All.EqualTo(DeadLetterReason.Expired));
    }

    [Test]
    public async Task DropOldest_EvictsWhatTheLaneHasNotTakenYet()
    {
        var held = new SyncPoint();
        _script.Handle = async (batch, _, ct) =>
        {
            await held.PassAsync(ct);
            await Handled(batch);
        };
        await using var host = await StartAsync(static options =>
        {
            options.Capacity = 10;
            options.FullMode = BoundedChannelFullMode.DropOldest;
        });
        await PublishAsync(host, 0, 10);
        await held.ReachedAsync();
        await PublishAsync(host, 10, 25);
        held.Release();

        await _account.BalancesAsync(host.Control, Name);
        Assert.That(_seen.Last(), Is.EqualTo(Enumerable.Range(25, 10)));
    }

    [Test]
    public async Task ScopePerBatch_HasAnInstanceOfItsOwnThatIsDisposedOf()
    {
        await using var host = await StartAsync(static options => options.ScopePerMessage = true);
        await PublishAsync(host, 0, 20);
        await _account.BalancesAsync(host.Control, Name);

        Assert.That(_script.Created, Is.EqualTo(3), "one for the incarnation and one for each batch");
        Assert.That(_script.Disposed, Is.EqualTo(2));
    }

    [Test]
    public async Task Options_ThatMakeNoSenseForBatches_FailTheStart()
    {
        await using var host = TestHost.Build(services => services.AddBatchSidecar<BatchSidecar, int>(Name, static options =>
        {
            options.Concurrency = 2;
            options.Capacity = 50;
            options.BatchSize = 51;
        }).Services.AddSingleton(_script));

        Assert.That((await host.StartAsync().FailureAsync())?.Message, Does.Contain("Sidecars:sidecar:Concurrency is 2; allowed is 1")
            .And.Contain("Sidecars:sidecar:BatchSize is 51; allowed is a whole number from 1 to Capacity, which is 50"));
        Assert.That(
            () => new ServiceCollection().AddBatchSidecar<BatchSidecar, int>().PartitionBy(static message => message),
            Throws.InvalidOperationException.With.Message.EqualTo("Sidecar 'BatchSidecar' handles batches, one after the other: its messages need no key."));
    }

    private ValueTask Handled(IReadOnlyList<int> batch)
    {
        _seen.Enqueue([.. batch]);
        Count(batch.Count);
        return default;
    }

    private void Count(int handled)
    {
        for (var i = 0; i < handled; i++)
        {
            _account.CountHandled();
        }
    }

    private async Task PublishAsync(TestHost host, int first, int count)
    {
        for (var message = first; message < first + count; message++)
        {
            await _account.WriteAsync(host.Writer<int>(), message).InTime();
        }
    }

    private async Task<TestHost> StartAsync(Action<SidecarOptions>? configure = null, Action<ISidecarBuilder<int>>? build = null)
    {
        var host = Build(configure, build);
        await host.StartAsync();
        return host;
    }

    private TestHost Build(Action<SidecarOptions>? configure = null, Action<ISidecarBuilder<int>>? build = null) => TestHost.Build(services =>
    {
        services.AddSingleton(_script);
        var builder = services.AddBatchSidecar<BatchSidecar, int>(Name, options =>
        {
            options.BatchSize = 10;
            options.RetryDelay = Long;
            options.MaxRetryDelay = Long;
            configure?.Invoke(options);
        });
        builder.OnDropped(_account.CountDropped);
        build?.Invoke(builder);
    });

    private sealed class BatchScript
    {
        private int _created;
        private int _disposed;

        public Func<IReadOnlyList<int>, SidecarContext, CancellationToken, ValueTask> Handle { get; set; } = static (_, _, _) => default;

        public int Created => Volatile.Read(ref _created);

        public int Disposed => Volatile.Read(ref _disposed);

        public void OnCreate() => Interlocked.Increment(ref _created);

        public void OnDispose() => Interlocked.Increment(ref _disposed);
    }

    private sealed class BatchSidecar : IBatchSidecar<int>, IDisposable
    {
        private readonly BatchScript _script;

        public BatchSidecar(BatchScript script)
        {
            _script = script;
            script.OnCreate();
        }

        public ValueTask HandleAsync(IReadOnlyList<int> batch, SidecarContext context, CancellationToken ct) => _script.Handle(batch, context, ct);

        public void Dispose() => _script.OnDispose();
    }
}
