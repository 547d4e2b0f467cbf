using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>What the meter shows of each endpoint.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class EndpointMetricsTests
{
    private const string Name = "orders";

    [Test]
    public async Task SeveralEndpoints_OneIsBad_EachHasItsCounts()
    {
        await using var servers = new ServerGroup(2, static server => server.Answers(200));
        servers.All[0].Answers(500);
        await using var host = await StartAsync([.. servers.All.Select(static server => server.Uri)], static options =>
            (options.Retry.MaxAttempts, options.CircuitBreaker.FailuresInARow, options.Balancing.FailureCost) = (1, 2, TimeSpan.Zero));
        using var meter = new MeterRecorder(host);
        for (var i = 0; i < 100; i++)
        {
            (await GetAsync(host)).Dispose();
        }

        string Tags(int server) => $"ambassador.endpoint={servers.All[server].Uri.Authority} ambassador.name={Name}";
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Read(meter, "ambassador.endpoint.requests"), Is.EqualTo([(Tags(0), servers.All[0].Requests), (Tags(1), servers.All[1].Requests)]));
            Assert.That(Read(meter, "ambassador.endpoint.failures"), Is.EqualTo([(Tags(0), servers.All[0].Requests), (Tags(1), 0)]));
            Assert.That(Read(meter, "ambassador.endpoint.inflight"), Is.EqualTo([(Tags(0), 0), (Tags(1), 0)]));
            Assert.That(Read(meter, "ambassador.endpoint.ejections"), Is.EqualTo([(Tags(0), 1), (Tags(1), 0)]));
            Assert.That(
                Read(meter, "ambassador.endpoint.circuit.state"),
                Is.EqualTo([(Tags(0), (int)CircuitState.Open), (Tags(1), (int)CircuitState.Closed)]));
        }
    }

    [Test]
    public async Task Request_IsUnderWay_IsInFlightAndNotCountedYet()
    {
        var held = new SyncPoint();
        await using var servers = new ServerGroup(2, server => server.Answers(Answer.With(200).After(held)));
        await using var host = await StartAsync([.. servers.All.Select(static server => server.Uri)]);
        using var meter = new MeterRecorder(host);
        var call = GetAsync(host);
        await held.ReachedAsync();

        Assert.That(Sum(meter, "ambassador.endpoint.inflight"), Is.EqualTo(1));
        Assert.That(Sum(meter, "ambassador.endpoint.requests"), Is.Zero);

        held.Release();
        (await call).Dispose();
        Assert.That(Sum(meter, "ambassador.endpoint.inflight"), Is.Zero);
        Assert.That(Sum(meter, "ambassador.endpoint.requests"), Is.EqualTo(1));
    }

    [Test]
    public async Task OneEndpoint_HasNoSeriesOfItsOwn()
    {
        await using var servers = new ServerGroup(1, static server => server.Answers(200));
        await using var host = await StartAsync([servers.All[0].Uri]);
        using var meter = new MeterRecorder(host);

        (await GetAsync(host)).Dispose();

        Assert.That(meter.All().Select(static one => one.Instrument), Has.None.StartsWith("ambassador.endpoint."));
    }

    [Test]
    public async Task ManyEndpoints_ThoseBehindTheFirstAreOneSeries()
    {
        const int More = 5;
        await using var host = await StartAsync(
            [.. Enumerable.Range(0, AmbassadorBalancingConstants.MaxObserved + More).Select(static i => new Uri($"http://host{i}.test"))], server: new ScriptedHandler().Then(200));
        using var meter = new MeterRecorder(host);
        for (var i = 0; i < 2_000; i++)
        {
            (await GetAsync(host)).Dispose();
        }

        var requests = Read(meter, "ambassador.endpoint.requests");
        Assert.That(requests, Has.Count.EqualTo(AmbassadorBalancingConstants.MaxObserved + 1));
        Assert.That(requests.Sum(static one => one.Value), Is.EqualTo(2_000));
        Assert.That(requests[^1].Tags, Is.EqualTo($"ambassador.endpoint=others ambassador.name={Name}"));
        Assert.That(requests[^1].Value, Is.GreaterThan(More), "about fifteen for each");
        Assert.That(Read(meter, "ambassador.endpoint.circuit.state"), Has.Count.EqualTo(AmbassadorBalancingConstants.MaxObserved));
    }

    [Test]
    public async Task AsManyEndpointsAsAreShown_NoneIsAmongOthers()
    {
        await using var host = await StartAsync(
            [.. Enumerable.Range(0, AmbassadorBalancingConstants.MaxObserved).Select(static i => new Uri($"http://host{i}.test"))], server: new ScriptedHandler().Then(200));
        using var meter = new MeterRecorder(host);

        Assert.That(Read(meter, "ambassador.endpoint.requests").Select(static one => one.Tags), Has.Exactly(AmbassadorBalancingConstants.MaxObserved).Items.And.None.Contains("others"));
    }

    private static Task<HttpResponseMessage> GetAsync(TestHost host) => host.CreateClient(Name).GetAsync(new Uri("items", UriKind.Relative)).InTime();

    private static List<(string Tags, int Value)> Read(MeterRecorder meter, string instrument) =>
        [.. meter.Observe(instrument).Select(static one => (one.Tags, (int)one.Value))];

    private static int Sum(MeterRecorder meter, string instrument) => Read(meter, instrument).Sum(static one => one.Value);

    private static async Task<TestHost> StartAsync(IReadOnlyList<Uri> endpoints, Action<AmbassadorOptions>? configure = null, HttpMessageHandler? server = null)
    {
        var host = TestHost.Build(services =>
        {
            var builder = services.AddAmbassadorClient(Name, options =>
            {
                options.BaseAddress = new Uri("http://orders.test/");
                foreach (var endpoint in endpoints)
                {
                    options.Endpoints.Add(new AmbassadorEndpoint(endpoint));
                }

                configure?.Invoke(options);
            });
            if (server is not null)
            {
                builder.ConfigurePrimaryHttpMessageHandler(() => server);
            }
        });
        await host.StartAsync();
        return host;
    }
}
