using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SidecarPatterns.Tests;

/// <summary>Ambassadors taken in hand, and their health as the host shows it.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(60_000)]
internal sealed class AmbassadorControlTests : IDisposable
{
    private readonly ScriptedHandler _server = new();

    public void Dispose() => _server.Dispose();

    [Test]
    public async Task GetSnapshots_BeforeAnyCall_ListsThoseOfEveryNameInOrder()
    {
        await using var host = await StartAsync();

        Assert.That(host.Ambassadors().GetSnapshots().Select(static snapshot => (snapshot.Name, snapshot.Calls)), Is.EqualTo([("prices", 0L), ("stock", 0L)]));
        Assert.That(host.Ambassadors().GetSnapshot("PRICES").Name, Is.EqualTo("prices"));
    }

    [Test]
    public async Task AnyMethod_UnknownName_SaysWhichThereAre()
    {
        await using var host = await StartAsync();
        var control = host.Ambassadors();
        Action<string>[] methods =
            [name => control.GetSnapshot(name), control.ForceOpen, control.ForceClosed, control.Release, name => control.DrainAsync(name).GetAwaiter().GetResult()];
        foreach (var method in methods)
        {
            var failure = Assert.Throws<ArgumentException>(() => method("price"));
            Assert.That(failure.Message, Does.StartWith("There is no ambassador that is named 'price'. There are: 'prices', 'stock'."));
        }

        Assert.That(() => control.GetSnapshot(null!), Throws.ArgumentNullException);
    }

    [Test]
    public async Task ForceOpen_UntilReleased_RefusesEveryCall()
    {
        _server.Then(200);
        await using var host = await StartAsync();
        host.Ambassadors().ForceOpen("prices");
        host.Clock.Advance(TimeSpan.FromHours(1));

        var failure = await host.GetAsync("prices").FailureAsync();

        Assert.That(failure, Is.TypeOf<AmbassadorCircuitOpenException>().With.Property("RetryAfter").Null.And.Property("AmbassadorName").EqualTo("prices"));
        (await host.GetAsync("stock").InTime()).Dispose();
        host.Ambassadors().Release("prices");
        (await host.GetAsync("prices").InTime()).Dispose();
        AmbassadorLaw.Assert(host.Ambassadors().GetSnapshot("prices"), served: 1);
        Assert.That(host.Logs.Named("CircuitChanged"), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task ForceClosed_EverythingFails_IsSentAllTheSame()
    {
        _server.Then(500);
        await using var host = await StartAsync();
        host.Ambassadors().ForceClosed("prices");

        for (var i = 0; i < 40; i++)
        {
            (await host.GetAsync("prices").InTime()).Dispose();
        }

        Assert.That(host.Ambassadors().GetSnapshot("prices").Circuit, Is.EqualTo(CircuitState.ForcedClosed));
        AmbassadorLaw.Assert(host.Ambassadors().GetSnapshot("prices"), _server.Requests.Count);
    }

    [Test]
    public async Task DrainAsync_CallsUnderWay_WaitsForThemAndRefusesOthersUntilReleased()
    {
        var held = new SyncPoint();
        _server.Then(async (_, ct) =>
        {
            await held.PassAsync(ct);
            return ScriptedHandler.Response(200);
        }).Then(200);
        await using var host = await StartAsync();
        var call = host.GetAsync("prices");
        await Eventually.HoldsAsync(() => _server.Requests.Count == 1);

        var drain = host.Ambassadors().DrainAsync("prices");
        Assert.That(await host.GetAsync("prices").FailureAsync(), Is.TypeOf<AmbassadorRejectedException>());
        Assert.That(drain.IsCompleted, Is.False);
        held.Release();
        (await call.InTime()).Dispose();
        await host.Clock.AdvanceUntilAsync(TimeSpan.FromMilliseconds(20), () => drain.IsCompleted);
        await drain;

        Assert.That(host.Ambassadors().GetSnapshot("prices"), Has.Property("IsDrained").True.And.Property("InFlight").Zero);
        host.Ambassadors().Release("prices");
        (await host.GetAsync("prices").InTime()).Dispose();
        AmbassadorLaw.Assert(host.Ambassadors().GetSnapshot("prices"), served: 2);
    }

    [Test]
    public async Task DrainAsync_Cancelled_StaysDrained()
    {
        _server.Hangs();
        await using var host = await StartAsync();
        using var caller = new CancellationTokenSource();
        var call = host.CreateClient("prices").GetAsync(new Uri("http://server.test/"), caller.Token);
        await Eventually.HoldsAsync(() => _server.Requests.Count == 1);
        using var waiting = new CancellationTokenSource();
        var drain = host.Ambassadors().DrainAsync("prices", waiting.Token);

        await waiting.CancelAsync();

        Assert.That(await drain.FailureAsync(), Is.InstanceOf<OperationCanceledException>());
        Assert.That(host.Ambassadors().GetSnapshot("prices").IsDrained);
        await caller.CancelAsync();
        await call.FailureAsync();
        AmbassadorLaw.Assert(host.Ambassadors().GetSnapshot("prices"), served: 1);
    }

    [Test]
    public async Task HealthChecks_CircuitAndDrain_AreDegradedAndNeverUnhealthy()
    {
        _server.Then(500);
        await using var host = await StartAsync(static services => services.AddHealthChecks().AddAmbassadorHealthChecks().AddAmbassadorHealthChecks());
        Assert.That((await ReportAsync(host)).Status, Is.EqualTo(HealthStatus.Healthy));
        while (host.Ambassadors().GetSnapshot("prices").Circuit == CircuitState.Closed)
        {
            (await host.GetAsync("prices").InTime()).Dispose();
        }

        var report = await ReportAsync(host);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(report.Entries.Keys, Is.EquivalentTo(["ambassador-prices", "ambassador-stock"]));
            Assert.That(report.Entries["ambassador-prices"].Status, Is.EqualTo(HealthStatus.Degraded));
            Assert.That(report.Entries["ambassador-prices"].Description, Does.StartWith("The circuit is Open since ").And.EndsWith("; the last error was 500."));
            Assert.That(report.Entries["ambassador-prices"].Data, Contains.Key("circuit").WithValue("Open").And.ContainKey("budgetLeft").And.ContainKey("p95"));
            Assert.That(report.Entries["ambassador-prices"].Tags, Is.EqualTo(["ambassador"]));
            Assert.That(report.Entries["ambassador-stock"].Status, Is.EqualTo(HealthStatus.Healthy));
        }

        await host.Ambassadors().DrainAsync("stock").InTime();
        Assert.That((await ReportAsync(host)).Entries["ambassador-stock"].Status, Is.EqualTo(HealthStatus.Degraded));
        host.Ambassadors().Release("stock");
        host.Ambassadors().ForceClosed("prices");
        Assert.That((await ReportAsync(host)).Status, Is.EqualTo(HealthStatus.Healthy));
    }

    private static Task<HealthReport> ReportAsync(TestHost host) => host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync().InTime();

    private async Task<TestHost> StartAsync(Action<IServiceCollection>? configure = null)
    {
        var host = TestHost.Build(services =>
        {
            services.AddAmbassadorClient("stock", static options => options.Retry.Delay = TimeSpan.Zero).ConfigurePrimaryHttpMessageHandler(() => _server);
            services.AddAmbassadorClient("prices", static options => options.Retry.Delay = TimeSpan.Zero).ConfigurePrimaryHttpMessageHandler(() => _server);
            configure?.Invoke(services);
        });
        await host.StartAsync();
        return host;
    }
}
