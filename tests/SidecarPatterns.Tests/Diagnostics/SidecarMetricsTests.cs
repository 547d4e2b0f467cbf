using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>What a listener of the meter is shown; which instruments there are is in <see cref="MetricSurfaceTests"/>.</summary>
[TestFixture]
[CancelAfter(170_000)]
[NonParallelizable]
internal sealed class SidecarMetricsTests
{
    private const string QueueSize = "sidecar.queue.size";
    private const string QueueCapacity = "sidecar.queue.capacity";
    private const string InFlight = "sidecar.messages.inflight";
    private const string Processed = "sidecar.messages.processed";
    private const string Accepted = "sidecar.messages.accepted";
    private const string Evicted = "sidecar.messages.evicted";
    private const string Abandoned = "sidecar.messages.abandoned";
    private const string Rejected = "sidecar.messages.rejected";
    private const string Dropped = "sidecar.messages.dropped";
    private const string Restarts = "sidecar.restarts";
    private const string QueueDuration = "sidecar.queue.duration";
    private const string ProcessDuration = "sidecar.process.duration";

    [Test]
    public async Task Counts_OneInFlightAndTwoWaiting_AreThoseOfTheAccount()
    {
        var account = new Account();
        var held = new SyncPoint();
        await using var host = TestHost.Build(services =>
        {
            services.AddSidecar("audit", account.Counting<int>(async (_, _, ct) => await held.PassAsync(ct)), static o => o.Capacity = 5);
            services.AddRun(new Script<First>(), "beat");
        });
        using var meter = new MeterRecorder(host);
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 1);
        await held.ReachedAsync();
        account.TryWrite(host.Writer<int>(), 2);
        account.TryWrite(host.Writer<int>(), 3);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(meter.Observe(QueueSize), Is.EqualTo(new[] { new Measured(QueueSize, 2, "sidecar.name=audit") }));
            Assert.That(meter.Observe(QueueCapacity), Is.EqualTo(new[] { new Measured(QueueCapacity, 5, "sidecar.name=audit") }));
            Assert.That(meter.Observe(InFlight), Is.EqualTo(new[] { new Measured(InFlight, 1, "sidecar.name=audit") }));
            Assert.That(meter.Observe(Processed), Is.EqualTo(new[] { new Measured(Processed, 0, "sidecar.name=audit") }));
        }

        account.AssertBalances(host.Control, "audit", queued: 2, inFlight: 1);
        held.Release();
        await host.StopAsync();
        account.AssertBalances(host.Control, "audit");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(meter.Observe(QueueSize)[0].Value, Is.Zero);
            Assert.That(meter.Observe(InFlight)[0].Value, Is.Zero);
            Assert.That(meter.Observe(Processed)[0].Value, Is.EqualTo(3));
        }
    }

    [Test]
    public async Task Processed_SomeFailed_FailuresHaveTheirErrorType()
    {
        var account = new Account();
        await using var host = TestHost.Build(services => services.AddSidecar("audit", account.Counting<int>(static message =>
        {
            switch (message)
            {
                case 1:
                    throw new InvalidOperationException("one");
                case 2 or 3:
                    throw new FormatException("two");
            }
        })));
        using var meter = new MeterRecorder(host);

        await HandleAllAsync(host, account, 5);

        Assert.That(
            meter.Observe(Processed),
            Is.EquivalentTo(new[]
            {
                new Measured(Processed, 2, "sidecar.name=audit"),
                new Measured(Processed, 1, "error.type=System.InvalidOperationException sidecar.name=audit"),
                new Measured(Processed, 2, "error.type=System.FormatException sidecar.name=audit"),
            }));
    }

    [Test]
    public async Task Refused_EveryWay_IsCountedByItsReason()
    {
        var (rejecting, dropping, evicting) = (new Account(), new Account(), new Account());
        await using var host = TestHost.Build(services =>
        {
            Add<byte>(services, "rejecting", BoundedChannelFullMode.Wait, rejecting);
            Add<int>(services, "dropping", BoundedChannelFullMode.DropWrite, dropping);
            Add<long>(services, "evicting", BoundedChannelFullMode.DropOldest, evicting);
        });
        using var meter = new MeterRecorder(host);
        for (byte message = 1; message <= 3; message++)
        {
            rejecting.TryWrite(host.Writer<byte>(), message);
            dropping.TryWrite(host.Writer<int>(), message);
            evicting.TryWrite(host.Writer<long>(), message);
        }

        await host.StartAsync();
        await host.StopAsync();
        rejecting.TryWrite(host.Writer<byte>(), (byte)4);

        rejecting.AssertBalances(host.Control, "rejecting");
        dropping.AssertBalances(host.Control, "dropping");
        evicting.AssertBalances(host.Control, "evicting");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(meter.Observe(Rejected), Is.EquivalentTo(new[]
            {
                new Measured(Rejected, 1, "sidecar.name=rejecting sidecar.reason=full"),
                new Measured(Rejected, 1, "sidecar.name=rejecting sidecar.reason=stopped"),
            }));
            Assert.That(meter.Observe(Dropped), Is.EqualTo(new[] { new Measured(Dropped, 1, "sidecar.name=dropping sidecar.reason=full") }));
            Assert.That(meter.Observe(Evicted).Select(static measured => measured.Value), Is.EqualTo(new[] { 0, 0, 1 }));
            Assert.That(meter.Observe(Accepted).Select(static measured => measured.Value), Is.EqualTo(new[] { 2, 2, 3 }));
        }

        static void Add<T>(IServiceCollection services, string name, BoundedChannelFullMode mode, Account account)
            where T : notnull => services
            .AddSidecar(name, account.Counting<T>(static _ => { }), options => (options.Capacity, options.FullMode) = (2, mode))
            .OnDropped(account.CountDropped);
    }

    [Test]
    public async Task Abandoned_HostIsDisposedOfWithoutAStop_CountsWhatWasLeft()
    {
        var account = new Account();
        await using var host = TestHost.Build(services => services.AddSidecar("audit", account.Counting<int>(static _ => { })));
        using var meter = new MeterRecorder(host);
        var catalog = host.Services.GetRequiredService<SidecarCatalog>();
        account.TryWrite(host.Writer<int>(), 1);
        account.TryWrite(host.Writer<int>(), 2);

        await catalog.DisposeAsync();

        account.CountAbandoned(2);
        account.AssertBalances(host.Control, "audit");
        Assert.That(meter.Observe(Abandoned), Is.EqualTo(new[] { new Measured(Abandoned, 2, "sidecar.name=audit") }));
    }

    [TestCase(PublishReason.None, "none")]
    [TestCase(PublishReason.Full, "full")]
    [TestCase(PublishReason.OwnQueueFull, "own_queue_full")]
    [TestCase(PublishReason.Stopped, "stopped")]
    [TestCase(PublishReason.Failed, "failed")]
    [TestCase(PublishReason.InsideOnDropped, "inside_on_dropped")]
    public void ReasonTag_EachReason_IsItsNameInSnakeCase(PublishReason reason, string expected) =>
        Assert.That(SidecarMetrics.ReasonTag(reason), Is.EqualTo(new KeyValuePair<string, object?>("sidecar.reason", expected)));

    [Test]
    public void ReasonTag_AllReasons_HaveOneEach() => Assert.That(
        Enum.GetValues<PublishReason>().Select(static reason => SidecarMetrics.ReasonTag(reason).Value),
        Is.Unique.And.None.EqualTo("_OTHER"));

    [Test]
    public async Task Restarts_EverySidecar_IsCounted()
    {
        var script = new Script<First>
        {
            Run = static (context, ct) => context.Incarnation < 3 ? throw new InvalidOperationException("again") : Script.UntilCancelledAsync(ct),
        };
        await using var host = TestHost.Build(services =>
        {
            services.AddRun(script, "beat", static options => options.RestartDelay = TimeSpan.Zero);
            services.AddSidecar("audit", static (int _, SidecarContext _, CancellationToken _) => default);
        });
        using var meter = new MeterRecorder(host);
        await host.StartAsync();
        await host.StateAsync("beat", SidecarState.Ready);

        Assert.That(
            meter.Observe(Restarts),
            Is.EqualTo(new[] { new Measured(Restarts, 2, "sidecar.name=beat"), new Measured(Restarts, 0, "sidecar.name=audit") }));

        await host.StopAsync();
    }

    [Test]
    public async Task QueueDuration_MessageWaited_IsTheTimeInSeconds()
    {
        var account = new Account();
        await using var host = TestHost.Build(services => services.AddSidecar("audit", account.Counting<int>(static _ => { })));
        using var meter = new MeterRecorder(host);
        account.TryWrite(host.Writer<int>(), 1);
        await host.Clock.AdvanceAsync(TimeSpan.FromSeconds(1.5));
        await account.WriteAsync(host.Writer<int>(), 2);
        await host.Clock.AdvanceAsync(TimeSpan.FromSeconds(1));

        await HandleAllAsync(host, account, 0);

        Assert.That(
            meter.Recorded(QueueDuration),
            Is.EqualTo(new[] { new Measured(QueueDuration, 2.5, "sidecar.name=audit"), new Measured(QueueDuration, 1, "sidecar.name=audit") }));
    }

    [Test]
    public async Task QueueDuration_PublisherWaitedForRoom_CountsFromItsCall()
    {
        var account = new Account();
        await using var host = TestHost.Build(services => services.AddSidecar(
            "audit", account.Counting<int>(static _ => { }), static options => options.Capacity = 1));
        using var meter = new MeterRecorder(host);
        account.TryWrite(host.Writer<int>(), 1);
        var write = account.WriteAsync(host.Writer<int>(), 2);
        await host.Clock.AdvanceAsync(TimeSpan.FromSeconds(2));

        await host.StartAsync();
        await write.InTime();
        await host.StopAsync();

        account.AssertBalances(host.Control, "audit");
        Assert.That(meter.Recorded(QueueDuration).Select(static measured => measured.Value), Is.EqualTo(new[] { 2d, 2d }));
    }

    [Test]
    public async Task ProcessDuration_HandlersSucceedAndFail_IsTheTimeInSecondsWithErrorType()
    {
        var account = new Account();
        TestClock clock = null!;
        await using var host = TestHost.Build(services => services.AddSidecar("audit", account.Counting<int>(async (message, _, _) =>
        {
            clock.Advance(TimeSpan.FromSeconds(message));
            if (message == 2)
            {
                throw new FormatException("two");
            }

            await Task.Yield();
            clock.Advance(TimeSpan.FromSeconds(0.5));
        })));
        clock = host.Clock;
        using var meter = new MeterRecorder(host);

        await HandleAllAsync(host, account, 2);

        Assert.That(
            meter.Recorded(ProcessDuration),
            Is.EqualTo(new[]
            {
                new Measured(ProcessDuration, 1.5, "sidecar.name=audit"),
                new Measured(ProcessDuration, 2, "error.type=System.FormatException sidecar.name=audit"),
            }));
    }

    // Whatever the call itself makes of its cancelled token: the message failed for time.
    [TestCase(false)]
    [TestCase(true)]
    public async Task ProcessDuration_HandlerTookTooLong_ErrorIsTheTimeout(bool throws)
    {
        var account = new Account();
        await using var host = TestHost.Build(services => services.AddSidecar(
            "audit",
            async (int _, SidecarContext _, CancellationToken ct) =>
            {
                await Script.UntilCancelledAsync(ct);
                account.CountDeadLettered();
                if (throws)
                {
                    ct.ThrowIfCancellationRequested();
                }
            },
            static options => options.HandlerTimeout = TimeSpan.FromSeconds(5)));
        using var meter = new MeterRecorder(host);
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 1);
        await host.Clock.PassAsync(TimeSpan.FromSeconds(5));
        await account.BalancesAsync(host.Control, "audit");
        await host.StopAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                meter.Recorded(ProcessDuration),
                Is.EqualTo(new[] { new Measured(ProcessDuration, 5, "error.type=System.TimeoutException sidecar.name=audit") }));
            Assert.That(
                meter.Observe(Processed),
                Does.Contain(new Measured(Processed, 1, "error.type=System.TimeoutException sidecar.name=audit")));
        }
    }

    [Test]
    public async Task Listener_Throws_FailsNeitherPublishNorMessage()
    {
        var account = new Account();
        await using var host = TestHost.Build(services => services.AddSidecar("audit", account.Counting<int>(static message =>
        {
            if (message == 2)
            {
                throw new FormatException("two");
            }
        })));
        using var meter = new MeterRecorder(host) { OnMeasured = static () => throw new InvalidOperationException("A listener failed.") };

        await HandleAllAsync(host, account, 3);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(account.Handled, Is.EqualTo(2));
            Assert.That(meter.Recorded(QueueDuration), Has.Count.EqualTo(3));
            Assert.That(meter.Recorded(ProcessDuration), Has.Count.EqualTo(3));
        }
    }

    [Test]
    public async Task Publish_NobodyListens_CapturesNothing()
    {
        var account = new Account();
        var origins = new List<bool>();
        SidecarCatalog catalog = null!;
        await using var host = TestHost.Build(services => services.AddSidecar(
            "audit", account.Counting<int>(_ => origins.Add(QueueOf(catalog).LastOrigin.IsEmpty))));
        catalog = host.Services.GetRequiredService<SidecarCatalog>();

        await HandleAllAsync(host, account, 2);

        Assert.That(origins, Is.EqualTo(new[] { true, true }));
    }

    [Test]
    public async Task Publish_SomebodyListens_CapturesWhenItWas()
    {
        var account = new Account();
        var origins = new List<MessageOrigin>();
        SidecarCatalog catalog = null!;
        await using var host = TestHost.Build(services => services.AddSidecar(
            "audit", account.Counting<int>(_ => origins.Add(QueueOf(catalog).LastOrigin))));
        catalog = host.Services.GetRequiredService<SidecarCatalog>();
        using var meter = new MeterRecorder(host);

        await HandleAllAsync(host, account, 1);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(origins[0].PublishedAt, Is.EqualTo(host.Clock.GetTimestamp()));
            Assert.That(origins[0].Activity, Is.Null);
        }
    }

    private static MessageQueue<int> QueueOf(SidecarCatalog catalog) => ((MessageWorker<int>)catalog.Find("audit").Worker).Queue;

    private static async Task HandleAllAsync(TestHost host, Account account, int count)
    {
        for (var message = 1; message <= count; message++)
        {
            account.TryWrite(host.Writer<int>(), message);
        }

        await host.StartAsync();
        await host.StopAsync();
        account.AssertBalances(host.Control, "audit");
    }
}
