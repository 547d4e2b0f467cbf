using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Calls of an ambassador whose options name no address: each host that is called is an endpoint.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(170_000)]
internal sealed class HostCallTests : IDisposable
{
    private readonly HostsHandler _servers = new();
    private readonly AmbassadorOptions _options = new();
    private readonly TestClock _clock = new();

    public void Dispose()
    {
        AmbassadorLaw.Assert(State.TakeSnapshot(), _servers.Count);
        _servers.Dispose();
    }

    [Test]
    public async Task Send_OneHostFails_TheOthersAreCalledAllTheSame()
    {
        _options.Retry.MaxAttempts = 1;
        using var client = Create();
        for (var i = 0; i < 20; i++)
        {
            (await client.GetAsync(new Uri("http://bad.test/"))).Dispose();
            (await client.GetAsync(new Uri("http://good.test/"))).Dispose();
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await client.GetAsync(new Uri("http://bad.test/")).FailureAsync(), Is.TypeOf<AmbassadorCircuitOpenException>());
            Assert.That(await client.GetAsync(new Uri("http://BAD.test:80/else")).FailureAsync(), Is.TypeOf<AmbassadorCircuitOpenException>(), "it is the same host");
            (await client.GetAsync(new Uri("http://bad.test:81/"))).Dispose();
            (await client.GetAsync(new Uri("https://bad.test/"))).Dispose();
            Assert.That((await client.GetAsync(new Uri("http://good.test/"))).StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(State.TakeSnapshot().Circuit, Is.EqualTo(CircuitState.Closed));
            Assert.That(State.TakeSnapshot().Endpoints, Is.Empty, "no host is shown that nobody has configured");
        }
    }

    [Test]
    public async Task Send_TenThousandHosts_AThousandAreRememberedAtMostAndNoMeasurementBearsTheirNames()
    {
        await using var host = TestHost.Build(static services => services
            .AddAmbassadorClient("hooks", static options => options.Egress.Profile = EgressProfile.Any)
            .ConfigurePrimaryHttpMessageHandler(static () => new HostsHandler()));
        await host.StartAsync();
        using var meter = new MeterRecorder(host);
        using var client = host.CreateClient("hooks");
        for (var i = 0; i < 10_000; i++)
        {
            (await client.GetAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://host{i}.test/")))).Dispose();
            host.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        var state = host.Services.GetRequiredService<AmbassadorCatalog>().GetOrCreate("hooks");
        var series = meter.All().Select(static measured => (measured.Instrument, measured.Tags)).Distinct().ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(state.Endpoints.Balancer.KnownCount, Is.LessThanOrEqualTo(AmbassadorBalancingConstants.MaxEndpoints + 1));
            Assert.That(series.Select(static one => one.Tags), Has.None.Contains(".test"));
            Assert.That(series.GroupBy(static one => one.Instrument).Select(static instrument => instrument.Count()), Has.All.LessThan(20));
            Assert.That(series.Select(static one => one.Instrument), Does.Contain("ambassador.request.duration").And.Contain("ambassador.attempts.ended"));
        }

        AmbassadorLaw.Assert(host.Ambassadors().GetSnapshot("hooks"), served: 10_000);
    }

    [Test]
    public async Task Send_TooManyHosts_ThoseOfLateAreRemembered()
    {
        (_options.Balancing.MaxEndpoints, _options.Retry.MaxAttempts) = (10, 1);
        using var client = Create();
        for (var i = 0; i < 100; i++)
        {
            (await client.GetAsync(new Uri("http://bad.test/")).FailureAsync() as IDisposable)?.Dispose();
            (await client.GetAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://host{i}.test/")))).Dispose();
            _clock.Advance(TimeSpan.FromMilliseconds(1_100));
        }

        Assert.That(_servers.Calls("bad.test"), Is.LessThan(60), "its circuit was not forgotten");
    }

    [Test]
    public async Task ForceOpen_HostsThatAreYetToCome_AreForcedToo()
    {
        using var client = Create();
        (await client.GetAsync(new Uri("http://one.test/"))).Dispose();

        State.Endpoints.Balancer.ForceOpen();

        Assert.That(await client.GetAsync(new Uri("http://one.test/")).FailureAsync(), Is.TypeOf<AmbassadorCircuitOpenException>());
        Assert.That(await client.GetAsync(new Uri("http://two.test/")).FailureAsync(), Is.TypeOf<AmbassadorCircuitOpenException>());
        State.Endpoints.Balancer.Release();
        (await client.GetAsync(new Uri("http://one.test/"))).Dispose();
        (await client.GetAsync(new Uri("http://two.test/"))).Dispose();
    }

    private AmbassadorState State => LoneAmbassadors.Of(_options, _clock, loggerFactory: null);

    private HttpClient Create() => new(new AmbassadorHandler(_options, _clock) { InnerHandler = _servers }) { Timeout = Timeout.InfiniteTimeSpan };

    private sealed class HostsHandler : HttpMessageHandler
    {
        private readonly Dictionary<string, int> _calls = [];

        public int Count => _calls.Values.Sum();

        public int Calls(string host) => _calls[host];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var host = request.RequestUri!.Host;
            _calls[host] = _calls.GetValueOrDefault(host) + 1;
            return Task.FromResult(new HttpResponseMessage(host == "bad.test" ? HttpStatusCode.InternalServerError : HttpStatusCode.OK) { RequestMessage = request });
        }
    }
}
