using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>What a listener of the activity source is shown, and what crosses from a publisher to the handler.</summary>
[TestFixture]
[CancelAfter(170_000)]
[NonParallelizable]
internal sealed class SidecarActivityTests
{
    [Test]
    public async Task Handle_PublishedWithinAnActivity_ItIsTheParentAndItsBaggageCrosses()
    {
        using var activities = new ActivityRecorder();
        var account = new Account();
        var current = new List<(Activity? Activity, string? Baggage)>();
        await using var host = TestHost.Build(services => services.AddSidecar("audit", account.Counting<int>(async (_, _, _) =>
        {
            current.Add((Activity.Current, Activity.Current?.GetBaggageItem("tenant")));
            await Task.Yield();
            current.Add((Activity.Current, Activity.Current?.GetBaggageItem("tenant")));
        })));
        await host.StartAsync();

        using (var publisher = StartActivity("request"))
        {
            publisher.AddBaggage("tenant", "blue");
            publisher.AddBaggage("user", "7");
            account.TryWrite(host.Writer<int>(), 1);
            await host.StopAsync();
            account.AssertBalances(host.Control, "audit");

            var activity = activities.Stopped.Single();
            using (Assert.EnterMultipleScope())
            {
                Assert.That(activity.TraceId, Is.EqualTo(publisher.TraceId));
                Assert.That(activity.ParentSpanId, Is.EqualTo(publisher.SpanId));
                Assert.That(activity.Kind, Is.EqualTo(ActivityKind.Consumer));
                Assert.That(activity.DisplayName, Is.EqualTo("process audit"));
                Assert.That(activity.GetTagItem("sidecar.name"), Is.EqualTo("audit"));
                Assert.That(activity.GetTagItem("messaging.operation.type"), Is.EqualTo("process"));
                Assert.That(activity.GetTagItem("messaging.message.type"), Is.EqualTo("System.Int32"));
                Assert.That(activity.Status, Is.EqualTo(ActivityStatusCode.Unset));
                Assert.That(activity.Links, Is.Empty);
                Assert.That(activity.GetBaggageItem("tenant"), Is.EqualTo("blue"));
                Assert.That(activity.GetBaggageItem("user"), Is.EqualTo("7"));
                Assert.That(current, Is.EqualTo(new[] { (activity, "blue"), (activity, "blue") }), "the handler runs within its activity");
            }
        }
    }

    [Test]
    public async Task Handle_Batch_IsLinkedToTheActivitiesThatPublishedIt()
    {
        using var activities = new ActivityRecorder();
        var account = new Account();
        var publishers = new List<ActivityContext>();
        await using var host = TestHost.Build(services =>
        {
            services.AddSingleton(new Counting(account));
            services.AddBatchSidecar<Counting, int>("audit", static options => options.BatchSize = 4);
        });
        for (var message = 0; message < 3; message++)
        {
            using var publisher = StartActivity($"request {message}");
            publisher.AddBaggage("tenant", "blue");
            publishers.Add(publisher.Context);
            account.TryWrite(host.Writer<int>(), message);
        }

        account.TryWrite(host.Writer<int>(), 3); // By nobody in particular.
        await host.StartAsync();
        await host.StopAsync();

        account.AssertBalances(host.Control, "audit");
        var activity = activities.Stopped.Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(activity.Links.Select(static link => link.Context), Is.EqualTo(publishers));
            Assert.That(activity.ParentSpanId, Is.EqualTo(default(ActivitySpanId)));
            Assert.That(activity.GetTagItem("messaging.batch.message_count"), Is.EqualTo(4));
            Assert.That(activity.Baggage, Is.Empty);
        }
    }

    [Test]
    public async Task Handle_PublishedByManyActivities_EachMessageHasItsOwnParent()
    {
        using var activities = new ActivityRecorder();
        var account = new Account();
        var parents = new List<ActivitySpanId>();
        await using var host = TestHost.Build(services => services.AddSidecar("audit", account.Counting<int>(async (message, _, _) =>
        {
            if (message % 2 == 0)
            {
                await Task.Yield();
            }
        })));
        for (var message = 0; message < 20; message++)
        {
            using var publisher = StartActivity($"request {message}");
            parents.Add(publisher.SpanId);
            account.TryWrite(host.Writer<int>(), message);
        }

        await host.StartAsync();
        await host.StopAsync();

        account.AssertBalances(host.Control, "audit");
        Assert.That(activities.Stopped.Select(static activity => activity.ParentSpanId), Is.EqualTo(parents));
    }

    [Test]
    public async Task Handle_PublishedOutsideOfAnyActivity_HasNoParent()
    {
        using var activities = new ActivityRecorder();
        var account = new Account();
        await using var host = TestHost.Build(services => services.AddSidecar("audit", account.Counting<int>(static message =>
        {
            // What a handler leaves behind is no parent for the next.
            _ = StartActivity($"left behind by {message}");
        })));
        account.TryWrite(host.Writer<int>(), 1);
        account.TryWrite(host.Writer<int>(), 2);
        using (StartActivity("start"))
        {
            await host.StartAsync();
        }

        await host.StopAsync();

        account.AssertBalances(host.Control, "audit");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(activities.Stopped, Has.Count.EqualTo(2));
            Assert.That(activities.Stopped.Select(static activity => activity.ParentSpanId), Is.All.EqualTo(default(ActivitySpanId)));
            Assert.That(activities.Stopped.Select(static activity => activity.TraceId), Is.Unique);
        }
    }

    [Test]
    public async Task Handle_Throws_ActivityHasErrorStatusAndType()
    {
        using var activities = new ActivityRecorder();
        var account = new Account();
        await using var host = TestHost.Build(services => services.AddSidecar(
            "audit", account.Counting<int>(static _ => throw new FormatException("The secret is 42."))));
        account.TryWrite(host.Writer<int>(), 1);
        await host.StartAsync();
        await host.StopAsync();

        account.AssertBalances(host.Control, "audit");
        var activity = activities.Stopped.Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(activity.Status, Is.EqualTo(ActivityStatusCode.Error));
            Assert.That(activity.GetTagItem("error.type"), Is.EqualTo("System.FormatException"));
        }
    }

    [Test]
    public async Task Handle_TookTooLong_ActivityHasTheTimeoutForAnError()
    {
        using var activities = new ActivityRecorder();
        var account = new Account();
        await using var host = TestHost.Build(services => services.AddSidecar(
            "audit",
            async (int _, SidecarContext _, CancellationToken ct) =>
            {
                await Script.UntilCancelledAsync(ct);
                account.CountDeadLettered();
            },
            static options => options.HandlerTimeout = TimeSpan.FromSeconds(5)));
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 1);
        await host.Clock.PassAsync(TimeSpan.FromSeconds(5));
        await account.BalancesAsync(host.Control, "audit");
        await host.StopAsync();

        var activity = activities.Stopped.Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(activity.Status, Is.EqualTo(ActivityStatusCode.Error));
            Assert.That(activity.GetTagItem("error.type"), Is.EqualTo("System.TimeoutException"));
        }
    }

    [TestCase(false, "System.OperationCanceledException")]
    [TestCase(true, "System.FormatException")]
    public async Task Handle_EndsAfterItsIncarnation_ActivityEndsAllTheSame(bool fails, string error)
    {
        using var activities = new ActivityRecorder();
        var account = new Account();
        var held = new SyncPoint();
        await using var host = TestHost.Build(services => services.AddSidecar(
            "audit",
            async (int _, SidecarContext _, CancellationToken _) =>
            {
                await held.PassAsync(CancellationToken.None);
                if (fails)
                {
                    throw new FormatException("too late");
                }
            },
            static options =>
            {
                options.HandlerTimeout = TimeSpan.FromSeconds(5);
                options.RestartDelay = TimeSpan.Zero;
            }));
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 1);
        await host.Clock.PassAsync(TimeSpan.FromSeconds(5));
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1));
        await Eventually.HoldsAsync(() => host.Snapshot("audit") is { DeadLettered: 1, Incarnation: 2, State: SidecarState.Ready });
        account.CountDeadLettered();

        held.Release();
        account.CountLate();
        await account.BalancesAsync(host.Control, "audit");
        await Eventually.HoldsAsync(() => activities.Stopped.Count == 1);
        Assert.That(activities.Stopped.Single().GetTagItem("error.type"), Is.EqualTo(error));

        await host.StopAsync();
    }

    [TestCase("sample")]
    [TestCase("started")]
    [TestCase("stopped")]
    public async Task Listener_Throws_FailsNeitherPublishNorMessage(string place)
    {
        using var activities = new ActivityRecorder();
        var thrown = 0;
        Action fail = () =>
        {
            Interlocked.Increment(ref thrown);
            throw new InvalidOperationException("A listener failed.");
        };
        activities.OnSample = place == "sample" ? fail : activities.OnSample;
        activities.OnStarted = place == "started" ? fail : activities.OnStarted;
        activities.OnStopped = place == "stopped" ? fail : activities.OnStopped;
        var account = new Account();
        await using var host = TestHost.Build(services => services.AddSidecar("audit", account.Counting<int>(static message =>
        {
            if (message == 2)
            {
                throw new FormatException("two");
            }
        })));
        using var publisher = StartActivity("request");
        for (var message = 1; message <= 3; message++)
        {
            account.TryWrite(host.Writer<int>(), message);
        }

        await host.StartAsync();
        await host.StopAsync();

        account.AssertBalances(host.Control, "audit");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(account.Handled, Is.EqualTo(2));
            Assert.That(thrown, Is.EqualTo(3));
        }
    }

    [Test]
    public async Task Publish_NobodyListens_KeepsNoActivityAlive()
    {
        var account = new Account();
        var current = new List<Activity?>();
        MessageOrigin? origin = null;
        SidecarCatalog catalog = null!;
        await using var host = TestHost.Build(services => services.AddSidecar("audit", account.Counting<int>(_ =>
        {
            current.Add(Activity.Current);
            origin = ((MessageWorker<int>)catalog.Find("audit").Worker).Queue.LastOrigin;
        })));
        catalog = host.Services.GetRequiredService<SidecarCatalog>();
        await host.StartAsync();

        using (StartActivity("request"))
        {
            account.TryWrite(host.Writer<int>(), 1);
            await account.WriteAsync(host.Writer<int>(), 2);
        }

        await host.StopAsync();

        account.AssertBalances(host.Control, "audit");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(origin, Is.EqualTo(default(MessageOrigin)));
            Assert.That(current, Is.EqualTo(new Activity?[] { null, null }));
        }
    }

    /// <summary>An activity of the application's.</summary>
    private static Activity StartActivity(string name) => new Activity(name).SetIdFormat(ActivityIdFormat.W3C).Start();

    private sealed class Counting(Account account) : IBatchSidecar<int>
    {
        public ValueTask HandleAsync(IReadOnlyList<int> batch, SidecarContext context, CancellationToken ct)
        {
            for (var i = 0; i < batch.Count; i++)
            {
                account.CountHandled();
            }

            return default;
        }
    }
}
