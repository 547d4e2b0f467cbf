using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ServiceDiscovery;

namespace SidecarPatterns.Tests;

/// <summary>The sidecar that asks for endpoints, and Microsoft.Extensions.ServiceDiscovery as one of those who are asked.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class EndpointRefresherTests
{
    private const string Name = AmbassadorResolutionConstants.SidecarName;

    [Test]
    public async Task Host_WithoutAnyToAskFor_TheSidecarSleeps()
    {
        await using var host = TestHost.Build(static services => services.AddAmbassadorClient("orders"));
        await host.StartAsync();
        await host.StateAsync(Name, SidecarState.Ready);

        await host.Clock.NothingArmedAsync();
        await host.StopAsync();
        Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Stopped));
    }

    [Test]
    public async Task Host_SourceOfTheContainer_IsAskedBeforeAnyCallAndThenEachPeriod()
    {
        await using var host = TestHost.Build(static services =>
            services.AddAmbassadorClient("orders", static options => options.Resolution.RefreshJitter = 0).AddEndpointSource<CountingSource>());
        await host.StartAsync();
        var source = host.Services.GetRequiredService<CountingSource>();
        var directory = DirectoryOf(host);
        await Eventually.HoldsAsync(() => directory.IsReady, "nobody has called");

        for (var asked = 1; asked < 4; asked++)
        {
            await Eventually.HoldsAsync(() => source.Asked == asked);
            await host.Clock.PassAsync(TimeSpan.FromSeconds(30));
        }

        await Eventually.HoldsAsync(() => source.Asked == 4);
        Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Ready));
    }

    [Test]
    public async Task Host_SourceFails_TheSidecarGoesOn()
    {
        await using var host = TestHost.Build(static services =>
            services.AddAmbassadorClient("orders", static options => options.Resolution.RefreshJitter = 0).AddEndpointSource<CountingSource>());
        host.Services.GetRequiredService<CountingSource>().Failure = new InvalidOperationException("down");
        await host.StartAsync();
        await host.LoggedAsync("EndpointsStale");

        host.Services.GetRequiredService<CountingSource>().Failure = null;
        await host.Clock.PassAsync(TimeSpan.FromSeconds(30));

        await Eventually.HoldsAsync(() => DirectoryOf(host).IsReady);
        Assert.That((host.Snapshot(Name).Incarnation, host.Snapshot(Name).Critical), Is.EqualTo((1, false)), "no host stops for it");
    }

    [Test]
    public async Task Host_ClientIsMadeWhileTheSidecarSleeps_ItsSourceIsAskedBeforeAnyCall()
    {
        await using var host = TestHost.Build(static services =>
        {
            services.ConfigureHttpClientDefaults(static client => client.AddAmbassador());
            services.AddAmbassadorClient("stock", static options =>
            {
                options.UseEndpointSource(new FixedSource("http://a.test"));
                options.Resolution.RefreshJitter = 0;
            });
            services.AddHttpClient("orders").AddEndpointSource<CountingSource>();
        });
        await host.StartAsync();
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(30));
        host.CreateClient("orders").Dispose();

        await Eventually.HoldsAsync(() => DirectoryOf(host).IsReady, "the time stands still, and nobody calls");
    }

    [Test]
    public async Task Host_OneSourceHangs_OthersAreAskedInTheirTime()
    {
        await using var host = TestHost.Build(static services =>
        {
            services.AddAmbassadorClient("hanging", static options =>
            {
                options.UseEndpointSource(new HangingSource());
                options.Resolution.Timeout = TimeSpan.FromHours(1);
            });
            services.AddAmbassadorClient("orders", static options => options.Resolution.RefreshJitter = 0).AddEndpointSource<CountingSource>();
        });
        await host.StartAsync();
        var source = host.Services.GetRequiredService<CountingSource>();

        for (var asked = 1; asked < 3; asked++)
        {
            await Eventually.HoldsAsync(() => source.Asked == asked);
            await host.Clock.PassAsync(TimeSpan.FromSeconds(30));
        }

        await Eventually.HoldsAsync(() => source.Asked == 3);
    }

    [Test]
    public async Task ServiceDiscovery_IsASourceByAFewLines()
    {
        var configuration = new ReloadableConfiguration();
        configuration.Change(("Services:orders:http:0", "10.0.0.1:8080"), ("Services:orders:http:1", "10.0.0.2:8080"));
        await using var host = configuration.BuildHost(static services =>
        {
            services.AddServiceDiscovery();
            services.AddAmbassadorClient("orders").AddEndpointSource<DiscoveredOrders>();
        });
        await host.StartAsync();
        await Eventually.HoldsAsync(() => DirectoryOf(host).IsReady);
        Assert.That(Shown(host), Is.EquivalentTo(["http://10.0.0.1:8080", "http://10.0.0.2:8080"]));

        host.Clock.Advance(TimeSpan.FromSeconds(1));
        configuration.Change(("Services:orders:http:1", "10.0.0.3:8080"));

        await host.Clock.AdvanceUntilAsync(
            TimeSpan.FromMilliseconds(100), () => Shown(host).Order().SequenceEqual(["http://10.0.0.1:8080", "http://10.0.0.3:8080"]), "it is told of the change");
    }

    private static EndpointDirectory DirectoryOf(TestHost host) => host.Services.GetRequiredService<AmbassadorCatalog>().GetOrCreate("orders").Endpoints;

    private static List<string> Shown(TestHost host) => [.. DirectoryOf(host).Balancer.Set.All.Select(static endpoint => $"{endpoint.Address!.Scheme}://{endpoint.Address.Authority}")];

#pragma warning disable CA1812 // The container makes them.
    private sealed class CountingSource : IEndpointSource
#pragma warning restore CA1812
    {
        private int _asked;

        public int Asked => Volatile.Read(ref _asked);

        public Exception? Failure { get; set; }

        public ValueTask<AmbassadorEndpointSet> GetEndpointsAsync(CancellationToken ct)
        {
            Interlocked.Increment(ref _asked);
            return Failure is { } failure ? throw failure : new(new AmbassadorEndpointSet([new AmbassadorEndpoint("http://a.test"), new AmbassadorEndpoint("http://b.test")]));
        }
    }

    private sealed class HangingSource : IEndpointSource
    {
        public ValueTask<AmbassadorEndpointSet> GetEndpointsAsync(CancellationToken ct) => new(new TaskCompletionSource<AmbassadorEndpointSet>().Task);
    }

#pragma warning disable CA1812 // The container makes it.
    private sealed class DiscoveredOrders(ServiceEndpointResolver resolver) : IEndpointSource
#pragma warning restore CA1812
    {
        public async ValueTask<AmbassadorEndpointSet> GetEndpointsAsync(CancellationToken ct)
        {
            var found = await resolver.GetEndpointsAsync("http://orders", ct);
            return new AmbassadorEndpointSet(found.Endpoints.Select(static endpoint => new AmbassadorEndpoint($"http://{endpoint}")), found.ChangeToken);
        }
    }
}
