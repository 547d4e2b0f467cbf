using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SidecarPatterns.Tests;

/// <summary>Ambassadors in the hand of an operator.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(170_000)]
internal sealed class AmbassadorControlTests : IDisposable
{
    private readonly ScriptedHandler _server = new();
    private TestClock? _clock;

    public void Dispose() => _server.Dispose();

    [Test]
    public async Task GetSnapshots_BeforeAnyCall_ShowsEachByName([Values] bool isStarted)
    {
        await using var host = BuildHost();
        if (isStarted)
        {
            await host.StartAsync();
        }

        var snapshots = host.Ambassadors().GetSnapshots();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(snapshots.Select(static snapshot => snapshot.Name), Is.EqualTo(["prices", "stock"]));
            Assert.That(snapshots, Has.All.Property(nameof(AmbassadorSnapshot.Circuit)).EqualTo(CircuitState.Closed));
            Assert.That(snapshots, Has.All.Property(nameof(AmbassadorSnapshot.BudgetLeft)).EqualTo(20));
            Assert.That(snapshots, Has.All.Property(nameof(AmbassadorSnapshot.P50)).Null);
            Assert.That(snapshots, Has.All.Property(nameof(AmbassadorSnapshot.LastError)).Null);
        }
    }

    [Test]
    public async Task GetSnapshot_AfterCalls_ShowsTheAccountTheLatencyAndTheLastError()
    {
        _server.Then(async (_, ct) =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(40), _clock!, ct);
            return ScriptedHandler.Response(200);
        });
        _server.Then(404).Then(500);
        await using var host = BuildHost();
        _clock = host.Clock;
        await host.StartAsync();
        var first = host.GetAsync("prices");
        await host.Clock.PassAsync(TimeSpan.FromMilliseconds(40));
        (await first.InTime()).Dispose();
        (await host.GetAsync("prices").InTime()).Dispose();
        (await host.GetAsync("prices").InTime()).Dispose();

        var prices = host.Ambassadors().GetSnapshot("PRICES");

        using (Assert.EnterMultipleScope())
        {
            Assert.That((prices.Calls, prices.Succeeded, prices.Failed, prices.InFlight), Is.EqualTo((3, 2, 1, 0)));
            Assert.That(prices.Attempts[AttemptCause.First], Is.EqualTo(3));
            Assert.That(prices.Attempts[AttemptCause.Retry], Is.EqualTo(2));
            Assert.That(prices.Outcomes[AttemptClass.Success], Is.EqualTo(2));
            Assert.That(prices.Outcomes[AttemptClass.Failed], Is.EqualTo(3));
            Assert.That(prices.LastError, Is.EqualTo("500"));
            Assert.That(prices.LastErrorAt, Is.EqualTo(host.Clock.GetUtcNow()));
            Assert.That(prices.P99!.Value.TotalMilliseconds, Is.EqualTo(40).Within(7).Percent);
            Assert.That(prices.BudgetLeft, Is.EqualTo(18).Within(0.001), "two retries; what calls put in before found it full");
            AmbassadorLaw.Assert(prices, _server.Requests.Count);
        }
    }

    [Test]
    public async Task AnyVerb_UnknownName_SaysWhichThereAre()
    {
        await using var host = BuildHost();
        var control = host.Ambassadors();
        Action[] verbs =
        [
            () => control.GetSnapshot("price"), () => control.ForceOpen("price"), () => control.ForceClosed("price"), () => control.Release("price"),
            () => control.DrainAsync("price").GetAwaiter().GetResult(),
        ];

        foreach (var verb in verbs)
        {
            Assert.That(verb, Throws.ArgumentException.With.Message.StartsWith("There is no ambassador that is named 'price'. There are: 'prices', 'stock'."));
        }
    }

    [Test]
    public async Task AnyVerb_NameIsNull_Throws()
    {
        await using var host = BuildHost();
        var control = host.Ambassadors();

        Assert.That(() => control.GetSnapshot(null!), Throws.ArgumentNullException);
        Assert.That(() => control.ForceOpen(null!), Throws.ArgumentNullException);
        Assert.That(async () => await control.DrainAsync(null!), Throws.ArgumentNullException);
    }

    [Test]
    public async Task ForceOpenAndRelease_CallsAreRefusedAndThenSentAgain()
    {
        _server.Then(200);
        await using var host = BuildHost();
        await host.StartAsync();
        var control = host.Ambassadors();

        control.ForceOpen("prices");
        var forcedAt = host.Clock.GetUtcNow();
        host.Clock.Advance(TimeSpan.FromSeconds(10));
        control.ForceOpen("prices");
        Assert.That(control.GetSnapshot("prices").CircuitSince, Is.EqualTo(forcedAt));
        var failure = await host.GetAsync("prices").FailureAsync();
        Assert.That(failure, Is.TypeOf<AmbassadorCircuitOpenException>().With.Property("RetryAfter").Null.And.Property("AmbassadorName").EqualTo("prices"));
        Assert.That(((HttpRequestException)failure!).HttpRequestError, Is.EqualTo(HttpRequestError.ConnectionError));
        (await host.GetAsync("stock").InTime()).Dispose();

        control.Release("prices");
        (await host.GetAsync("prices").InTime()).Dispose();

        Assert.That(control.GetSnapshot("prices").Refused, Is.EqualTo(1));
        Assert.That(host.Logs.Named("CircuitChanged"), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task ForceClosed_EverythingFails_CallsStillGoOut()
    {
        _server.Then(500);
        await using var host = BuildHost(static options => options.Retry.MaxAttempts = 1);
        await host.StartAsync();
        host.Ambassadors().ForceClosed("prices");

        for (var i = 0; i < 50; i++)
        {
            (await host.GetAsync("prices").InTime()).Dispose();
        }

        Assert.That(_server.Requests, Has.Count.EqualTo(50));
        Assert.That(host.Ambassadors().GetSnapshot("prices").Circuit, Is.EqualTo(CircuitState.ForcedClosed));
    }

    [Test]
    public async Task Drain_ACallIsUnderWay_WaitsForItAndRefusesOthersUntilReleased()
    {
        var held = new SyncPoint();
        _server.Then(async (_, ct) =>
        {
            await held.PassAsync(ct);
            return ScriptedHandler.Response(200);
        });
        _server.Then(200);
        await using var host = BuildHost();
        await host.StartAsync();
        var call = host.GetAsync("prices");
        await held.ReachedAsync();

        var drain = host.Ambassadors().DrainAsync("prices");
        Assert.That(await host.GetAsync("prices").FailureAsync(), Is.TypeOf<AmbassadorRejectedException>().With.Message.Contains("was drained"));
        Assert.That(drain.IsCompleted, Is.False);
        held.Release();
        (await call.InTime()).Dispose();
        await host.Clock.AdvanceUntilAsync(TimeSpan.FromMilliseconds(20), () => drain.IsCompleted);
        Assert.That(host.Ambassadors().GetSnapshot("prices").IsDrained, Is.True);

        host.Ambassadors().Release("prices");
        (await host.GetAsync("prices").InTime()).Dispose();
        AmbassadorLaw.Assert(host.Ambassadors().GetSnapshot("prices"), served: 2);
    }

    [Test]
    public async Task Drain_IsCancelled_TheWaitEndsAndCallsStayRefused()
    {
        _server.Hangs();
        await using var host = BuildHost();
        await host.StartAsync();
        using var caller = new CancellationTokenSource();
        var call = host.CreateClient("prices").GetAsync(new Uri("http://server.test/items"), caller.Token);
        using var operatorLeaves = new CancellationTokenSource();
        var drain = host.Ambassadors().DrainAsync("prices", operatorLeaves.Token);

        await operatorLeaves.CancelAsync();

        Assert.That(await drain.FailureAsync(), Is.InstanceOf<OperationCanceledException>());
        Assert.That(await host.GetAsync("prices").FailureAsync(), Is.TypeOf<AmbassadorRejectedException>());
        await caller.CancelAsync();
        _ = await call.FailureAsync();
    }

    [Test]
    public async Task HealthChecks_EndpointsCanNotBeFoundOut_IsDegradedAndCallsGoToThoseThatAreKnown()
    {
        _server.Then(200);
        var source = new FailingSource();
        await using var host = TestHost.Build(services =>
        {
            services.AddHealthChecks().AddAmbassadorHealthChecks();
            services.AddAmbassadorClient("prices", options =>
            {
                options.BaseAddress = new Uri("http://server.test/");
                options.UseEndpointSource(source);
                options.Egress.Profile = EgressProfile.Any;
            }).ConfigurePrimaryHttpMessageHandler(() => _server);
        });
        await host.StartAsync();
        (await host.CreateClient("prices").GetAsync(new Uri("items", UriKind.Relative)).InTime()).Dispose();
        source.Fails = true;

        await host.Clock.AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => host.Ambassadors().GetSnapshot("prices").EndpointsStaleFor is not null, "it was asked in vain");

        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync().InTime();
        var entry = report.Entries.Single(static entry => entry.Key.Contains("prices", StringComparison.Ordinal)).Value;
        Assert.That(entry.Status, Is.EqualTo(HealthStatus.Degraded));
        Assert.That(entry.Description, Does.StartWith("The endpoints could not be found out anew for "));
        (await host.CreateClient("prices").GetAsync(new Uri("items", UriKind.Relative)).InTime()).Dispose();
    }

    [Test]
    public async Task HealthChecks_CircuitIsOpenOrDrained_IsDegradedAndNeverUnhealthy()
    {
        await using var host = TestHost.Build(services =>
        {
            services.AddAmbassadorClient("prices").ConfigurePrimaryHttpMessageHandler(() => _server);
            services.AddHealthChecks().AddAmbassadorHealthChecks().AddAmbassadorHealthChecks();
        });
        await host.StartAsync();
        Assert.That(await EntryAsync(), Is.EqualTo(HealthStatus.Healthy));

        host.Ambassadors().ForceOpen("prices");
        Assert.That(await EntryAsync(), Is.EqualTo(HealthStatus.Degraded));
        host.Ambassadors().Release("prices");
        await host.Ambassadors().DrainAsync("prices").InTime();
        Assert.That(await EntryAsync(), Is.EqualTo(HealthStatus.Degraded));
        host.Ambassadors().ForceClosed("prices");
        host.Ambassadors().Release("prices");
        Assert.That(await EntryAsync(), Is.EqualTo(HealthStatus.Healthy));

        async Task<HealthStatus> EntryAsync() => (await host.ReportAsync("ambassador")).Entries["ambassador-prices"].Status;
    }

    [Test]
    public async Task HealthChecks_NoAmbassadorIsThere_AreNone()
    {
        await using var host = TestHost.Build(static services => services.AddHealthChecks().AddAmbassadorHealthChecks());
        await host.StartAsync();

        Assert.That((await host.ReportAsync("ambassador")).Entries, Is.Empty);
    }

    private TestHost BuildHost(Action<AmbassadorOptions>? configure = null) => TestHost.Build(services =>
    {
        foreach (var name in (string[])["prices", "stock"])
        {
            services.AddAmbassadorClient(name, options =>
            {
                options.Retry.Delay = TimeSpan.Zero;
                configure?.Invoke(options);
            }).ConfigurePrimaryHttpMessageHandler(() => _server);
        }
    });

    private sealed class FailingSource : IEndpointSource
    {
        public bool Fails { get; set; }

        public ValueTask<AmbassadorEndpointSet> GetEndpointsAsync(CancellationToken ct) =>
            Fails ? throw new TimeoutException() : new(new AmbassadorEndpointSet([new AmbassadorEndpoint("http://10.0.0.1/")]));
    }
}
