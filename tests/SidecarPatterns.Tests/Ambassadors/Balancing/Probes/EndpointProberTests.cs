using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests;

/// <summary>What probes ask, and what follows from the answers.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(170_000)]
internal sealed class EndpointProberTests : IDisposable
{
    private readonly TestClock _clock = new();
    private readonly LogRecorder _logs = new();
    private readonly ConcurrentQueue<Uri> _asked = new();
    private readonly AmbassadorOptions _options = new() { Probe = { Path = "/healthz" } };
    private readonly Balancer _balancer;
    private readonly EndpointProber _prober;

    public EndpointProberTests()
    {
        _balancer = new Balancer(_clock, new AmbassadorBalancingOptions(), new AmbassadorCircuitBreakerOptions { BreakJitter = 0 });
        _balancer.Replace(Enumerable.Range(1, 3).Select(static i => new EndpointSpec(new EndpointAddress(new Uri($"http://server-{i}.test/api")))));
        _prober = new EndpointProber("orders", _balancer, () => _options, SendAsync, _clock, _logs.CreateLogger("test"), new Random(1));
    }

    private Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> Answer { get; set; } = static (_, _) => Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK));

    public void Dispose() => _logs.Dispose();

    [Test]
    public async Task Probe_NoPath_AsksNobody()
    {
        _options.Probe.Path = null;
        await ProbeAsync();

        Assert.That(_asked, Is.Empty);
    }

    [Test]
    public async Task Probe_AsksThoseThatAreIdleOrLeftAloneBehindTheirPrefix()
    {
        Use(_balancer.Set.All[0]);
        Use(_balancer.Set.All[1]);
        _balancer.Set.All[1].Health.Trip();

        await ProbeAsync();
        Assert.That(_asked.Select(static uri => uri.AbsoluteUri), Is.EquivalentTo(["http://server-2.test/api/healthz", "http://server-3.test/api/healthz"]));

        _clock.Advance(TimeSpan.FromSeconds(10));
        _asked.Clear();
        await ProbeAsync();
        Assert.That(_asked, Has.Count.EqualTo(3), "nobody has used any for ten seconds");
    }

    [Test]
    public async Task Probe_All_AsksThoseThatAreUsedToo()
    {
        Array.ForEach(_balancer.Set.All, Use);
        await ProbeAsync();
        Assert.That(_asked, Is.Empty);

        _options.Probe.All = true;
        await ProbeAsync();
        Assert.That(_asked, Has.Count.EqualTo(3));
    }

    [Test]
    public async Task Probe_TwoSucceed_EndsTheBreakEarlyButOnlyCallsClose()
    {
        var endpoint = _balancer.Set.All[0];
        endpoint.Health.Trip();
        await ProbeAsync();
        Assert.That(endpoint.Health.Read().State, Is.EqualTo(CircuitState.Open), "one is not enough");

        await ProbeAsync();
        Assert.That(endpoint.Health.Read().State, Is.EqualTo(CircuitState.HalfOpen));
        for (var i = 0; i < 5; i++)
        {
            await ProbeAsync();
        }

        Assert.That(endpoint.Health.Read().State, Is.EqualTo(CircuitState.HalfOpen), "no call has been there");
        for (var i = 0; i < 2; i++)
        {
            Assert.That(_balancer.TryPick(_clock.GetTimestamp(), PickPurpose.Attempt, default, null, out var lease, out _));
            Assert.That((lease.Endpoint, lease.Permit.IsProbe), Is.EqualTo((endpoint, true)));
            _balancer.EndGood(lease, _clock.GetTimestamp());
        }

        Assert.That(endpoint.Health.IsClosed);
    }

    [Test]
    public async Task Probe_SuccessThenFailure_CountsAnew()
    {
        var endpoint = _balancer.Set.All[0];
        endpoint.Health.Trip();
        foreach (var status in new[] { HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK })
        {
            Answer = (_, _) => Task.FromResult(new HttpResponseMessage(status));
            await ProbeAsync();
        }

        Assert.That(endpoint.Health.Read().State, Is.EqualTo(CircuitState.Open));
    }

    [Test]
    public async Task Probe_CircuitHasChangedSince_CountsAnew()
    {
        var endpoint = _balancer.Set.All[0];
        endpoint.Health.Trip();
        await ProbeAsync();
        endpoint.Health.ForceClosed();
        endpoint.Health.Release();
        endpoint.Health.Trip();

        await ProbeAsync();

        Assert.That(endpoint.Health.Read().State, Is.EqualTo(CircuitState.Open), "one success is of the break before");
    }

    [Test]
    public async Task Probe_CircuitChangesWhileItIsAsked_SaysNothing()
    {
        var endpoint = _balancer.Set.All[0];
        endpoint.Health.Trip();
        await ProbeAsync();
        Answer = (_, _) =>
        {
            endpoint.Health.ForceClosed();
            endpoint.Health.Release();
            endpoint.Health.Trip();
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK));
        };
        await ProbeAsync();

        Assert.That(endpoint.Health.Read().State, Is.EqualTo(CircuitState.Open));
    }

    [TestCase("status")]
    [TestCase("exception")]
    [TestCase("never")]
    public async Task Probe_TwoFailOnAnIdleOne_ItIsLeftAlone(string how)
    {
        Answer = (request, _) => request.RequestUri!.Host != "server-1.test" ? Task.FromResult(new HttpResponseMessage(HttpStatusCode.NoContent))
            : how == "status" ? Task.FromResult(new HttpResponseMessage(HttpStatusCode.InternalServerError))
            : how == "exception" ? Task.FromException<HttpResponseMessage>(new HttpRequestException("refused"))
            : new TaskCompletionSource<HttpResponseMessage>().Task;
        var endpoint = _balancer.Set.All[0];

        for (var i = 0; i < 2; i++)
        {
            Assert.That(endpoint.Health.IsClosed);
            var probing = ProbeAsync();
            if (how == "never")
            {
                await _clock.PassAsync(TimeSpan.FromSeconds(2));
            }

            await probing.InTime();
        }

        Assert.That(endpoint.Health.Read().State, Is.EqualTo(CircuitState.Open));
        Assert.That(_logs.Named("ProbeFailed"), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Probe_NobodyServesThePath_TheLastOneIsNotLeftAlone()
    {
        Answer = static (_, _) => Task.FromResult(new HttpResponseMessage(HttpStatusCode.NotFound));
        for (var i = 0; i < 10; i++)
        {
            await ProbeAsync();
        }

        Assert.That(_balancer.Set.All.Count(static endpoint => endpoint.Health.IsClosed), Is.EqualTo(1));
        Assert.That(_balancer.TryPick(_clock.GetTimestamp(), PickPurpose.Attempt, default, null, out _, out _));
    }

    [Test]
    public async Task Probe_Forced_IsLeftToWhoeverForcedIt()
    {
        _balancer.Set.All[0].Health.ForceOpen();
        _balancer.Set.All[1].Health.ForceClosed();
        await ProbeAsync();

        Assert.That(_asked.Select(static uri => uri.Host), Is.EqualTo(["server-3.test"]));
    }

    [Test]
    public async Task Probe_CallsAreFindingOut_IsLeftToThem()
    {
        _balancer.Set.All[0].Health.Trip();
        _balancer.Set.All[0].Health.EndBreak();
        await ProbeAsync();

        Assert.That(_asked.Select(static uri => uri.Host), Is.EquivalentTo(["server-2.test", "server-3.test"]));
    }

    [Test]
    public async Task Probe_AddressOfAName_HasTheNameForItsHost()
    {
        var hosts = new ConcurrentQueue<string?>();
        Answer = (request, _) =>
        {
            hosts.Enqueue(request.Headers.Host);
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK));
        };
        _balancer.Replace([new EndpointSpec(new EndpointAddress(new Uri("http://server.test:81/"), IPAddress.Parse("10.0.0.1")))]);

        await ProbeAsync();

        Assert.That((_asked.Single().AbsoluteUri, hosts.Single()), Is.EqualTo(("http://10.0.0.1:81/healthz", "server.test:81")));
    }

    [TestCase("http://server.test/api/", "http://server.test/api/healthz")]
    [TestCase(null, null)]
    public async Task Probe_NoEndpointIsNamed_AsksTheBaseAddressIfThereIsOne(string? baseAddress, string? expected)
    {
        _options.BaseAddress = baseAddress is null ? null : new Uri(baseAddress);
        _balancer.Replace([EndpointSpec.Anywhere]);

        await ProbeAsync();

        Assert.That(_asked.SingleOrDefault()?.AbsoluteUri, Is.EqualTo(expected));
        Assert.That(_logs.Named("ProbeFailed"), Is.Empty, "nobody has said anything");
    }

    [Test]
    public async Task Probe_Fails_IsToldOfByItsStatusOrItsException()
    {
        Answer = static (request, _) => request.RequestUri!.Host switch
        {
            "server-1.test" => Task.FromResult(new HttpResponseMessage(HttpStatusCode.ServiceUnavailable)),
            "server-2.test" => throw new HttpRequestException("refused"),
            _ => Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK)),
        };

        await ProbeAsync();

        Assert.That(
            _logs.Named("ProbeFailed").Select(static entry => entry.Message),
            Is.EquivalentTo([Told(0, "503"), Told(1, "HttpRequestException")]));

        string Told(int endpoint, string outcome) => $"Ambassador 'orders': the probe of endpoint {_balancer.Set.All[endpoint].Ordinal} ended with {outcome}.";
    }

    [Test]
    public async Task Probe_TakesTooLong_IsCancelledAndItsLateResponseDisposedOf()
    {
        var late = new TaskCompletionSource<HttpResponseMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        var token = CancellationToken.None;
        Answer = (request, ct) =>
        {
            if (request.RequestUri!.Host != "server-1.test")
            {
                return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK));
            }

            token = ct;
            return late.Task;
        };
        var probing = ProbeAsync();
        await _clock.PassAsync(TimeSpan.FromSeconds(2));
        await probing.InTime();
        Assert.That(token.IsCancellationRequested);
        Assert.That(_logs.Named("ProbeFailed").Select(static entry => entry.Message), Has.One.EndsWith("ended with TimeoutException."));

        var body = new DisposedContent();
        late.SetResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = body });

        await Eventually.HoldsAsync(() => body.IsDisposed, "nobody else disposes of it");
    }

    [Test]
    public async Task Probe_OneIsUnderWay_IsNotMadeTwiceAndMadeAgainAfterwards()
    {
        var held = new SyncPoint();
        Answer = async (_, ct) =>
        {
            await held.PassAsync(ct);
            return new HttpResponseMessage(HttpStatusCode.OK);
        };
        _balancer.Replace([new EndpointSpec(new EndpointAddress(new Uri("http://server.test/")))]);
        var first = ProbeAsync();
        await held.ReachedAsync();

        await ProbeAsync().InTime();
        Assert.That(_asked, Has.Count.EqualTo(1));
        held.Release();
        await first.InTime();
        await ProbeAsync().InTime();

        Assert.That(_asked, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Run_IsStoppedWhileItAsks_SaysNothingOfTheEndpointAndLeavesProbesToCalls()
    {
        using var stop = new CancellationTokenSource();
        var held = new SyncPoint();
        Answer = async (_, ct) =>
        {
            await held.PassAsync(ct);
            return new HttpResponseMessage(HttpStatusCode.OK);
        };
        _balancer.Replace([new EndpointSpec(new EndpointAddress(new Uri("http://server.test/")))]);
        var running = _prober.RunAsync(stop.Token);
        await _clock.AdvanceAsync(await _clock.ArmedAsync(TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(12)));
        await held.ReachedAsync();
        _prober.Pass(_clock.GetTimestamp());

        await stop.CancelAsync();

        Assert.That(await running.FailureAsync(), Is.InstanceOf<OperationCanceledException>());
        Assert.That(_logs.Named("ProbeFailed"), Is.Empty);
        held.Release();
        _prober.Pass(_clock.GetTimestamp());
        await Eventually.HoldsAsync(() => _asked.Count == 2, "a call has it made");
    }

    [Test]
    public async Task Run_LongestIntervalWithJitter_IsStillOneThatCanBeWaited()
    {
        (_options.Probe.Interval, _options.Probe.Jitter) = (AmbassadorConstants.MaxDuration, 1);
        using var stop = new CancellationTokenSource();
        var prober = new EndpointProber("orders", _balancer, () => _options, SendAsync, _clock, _logs.CreateLogger("test"), new FixedRandom(0.9));

        var running = prober.RunAsync(stop.Token);

        await _clock.ArmedAsync(AmbassadorConstants.MaxDuration);
        await stop.CancelAsync();
        Assert.That(await running.FailureAsync(), Is.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task Run_WaitsTheIntervalGiveOrTakeAFifth()
    {
        using var stop = new CancellationTokenSource();
        var running = _prober.RunAsync(stop.Token);
        var waits = new List<double>();
        for (var round = 1; round <= 20; round++)
        {
            var due = await _clock.ArmedAsync(TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(12));
            waits.Add(due.TotalSeconds);
            await _clock.AdvanceAsync(due);
            await Eventually.HoldsAsync(() => _asked.Count >= 3 * round);
        }

        Assert.That(waits.Max() - waits.Min(), Is.GreaterThan(1), "not all clients at the same time");
        await stop.CancelAsync();
        Assert.That(await running.FailureAsync(), Is.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task Pass_CallsWithoutAHost_HaveThemMadeEachInterval()
    {
        for (var call = 0; call < 10; call++)
        {
            _prober.Pass(_clock.GetTimestamp());
        }

        await Eventually.HoldsAsync(() => _asked.Count == 3);
        _clock.Advance(TimeSpan.FromSeconds(7.9));
        _prober.Pass(_clock.GetTimestamp());
        Assert.That(_asked, Has.Count.EqualTo(3), "not before its time");

        await _clock.AdvanceUntilAsync(
            TimeSpan.FromSeconds(5),
            () =>
            {
                _prober.Pass(_clock.GetTimestamp());
                return _asked.Count > 3;
            },
            "it is time again");
    }

    [Test]
    public async Task Pass_CallsComeByAllTheTime_TheNextAreMadeAfterTheInterval()
    {
        var times = new ConcurrentQueue<long>();
        _options.Probe.Jitter = 0;
        Answer = (_, _) =>
        {
            times.Enqueue(_clock.GetTimestamp());
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK));
        };

        await _clock.AdvanceUntilAsync(
            TimeSpan.FromSeconds(0.5),
            () =>
            {
                _prober.Pass(_clock.GetTimestamp());
                return times.Count > 3;
            },
            "they are made again");

        Assert.That(_clock.GetElapsedTime(times.ElementAt(2), times.ElementAt(3)), Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(10)));
    }

    [Test]
    public async Task AddProbe_InAHost_IsASidecarOfTheClient()
    {
        await using var server = ScriptedServer.Start().Answers(200, "well");
        await using var host = TestHost.Build(services => services
            .AddAmbassadorClient("my orders", options =>
            {
                options.Endpoints.Add(new AmbassadorEndpoint(server.Uri));
                options.Endpoints.Add(new AmbassadorEndpoint(new Uri(server.Uri, "/b")));
            })
            .AddProbe("/healthz?deep=1", static probe => probe.Jitter = 0)
            .AddProbe("/healthz?deep=1"));
        await host.StartAsync();
        await host.StateAsync("my-orders.prober", SidecarState.Ready);

        await host.Clock.PassAsync(TimeSpan.FromSeconds(10));

        await Eventually.HoldsAsync(() => server.Requests == 2);
        Assert.That(server.Served.Select(static request => $"{request.Method} {request.Target}"), Is.EquivalentTo(["GET /healthz?deep=1", "GET /b/healthz?deep=1"]));
        await host.StopAsync();
        Assert.That(host.Snapshot("my-orders.prober").State, Is.EqualTo(SidecarState.Stopped));
    }

    [TestCase("by the configuration", true)]
    [TestCase("by the options", true)]
    [TestCase("by AddProbe", false, Description = "The host does not run, and so no sidecar does.")]
    public async Task Probe_NoSidecarRuns_IsMadeAsCallsComeBy(string how, bool isStarted)
    {
        await using var servers = new ServerGroup(2, static server => server.Answers(200));
        var configuration = new ReloadableConfiguration();
        await using var host = configuration.BuildHost(services =>
        {
            var client = services.AddAmbassadorClient("orders", options =>
            {
                options.BaseAddress = new Uri("http://orders.test/");
                servers.All.ToList().ForEach(server => options.Endpoints.Add(new AmbassadorEndpoint(server.Uri)));
                options.Probe.Path = how == "by the options" ? "/healthz" : options.Probe.Path;
            });
            _ = how == "by AddProbe" ? client.AddProbe("/healthz") : client;
        });
        if (how == "by the configuration")
        {
            configuration.Change(("Ambassadors:orders:Probe:Path", "/healthz"));
        }

        if (isStarted)
        {
            await host.StartAsync();
        }

        (await host.CreateClient("orders").GetAsync(new Uri("items", UriKind.Relative)).InTime()).Dispose();

        await Eventually.HoldsAsync(
            () => servers.All.Any(static server => server.Served.Any(static request => request.Target == "/healthz")), "the endpoint without calls is asked");
        Assert.That(host.Logs.Named("ProbesHaveOwnHandler"), Is.Empty, "which is said of a handler without a container alone");
    }

    [Test]
    public async Task AddProbe_TheSidecarRuns_CallsLeaveItToIt()
    {
        await using var servers = new ServerGroup(2, static server => server.Answers(200));
        await using var host = TestHost.Build(services => services
            .AddAmbassadorClient("orders", options => servers.All.ToList().ForEach(server => options.Endpoints.Add(new AmbassadorEndpoint(server.Uri))))
            .AddProbe("/healthz", static probe => probe.Jitter = 0));
        await host.StartAsync();
        await host.StateAsync("orders.prober", SidecarState.Ready);
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(10));

        (await host.CreateClient("orders").GetAsync(new Uri("items", UriKind.Relative)).InTime()).Dispose();
        await host.Clock.PassAsync(TimeSpan.FromSeconds(10));

        await Eventually.HoldsAsync(() => servers.All.All(static server => Probes(server) > 0), "each was idle for ten seconds");
        Assert.That(servers.All.Select(Probes), Is.All.EqualTo(1));

        static int Probes(ScriptedServer server) => server.Served.Count(static request => request.Target == "/healthz");
    }

    [Test]
    public async Task AddProbe_ClientTrustsAnAuthorityOfItsOwn_ProbesDoToo()
    {
        await using var server = ScriptedServer.StartTls(TestCertificates.Localhost).Answers(200, "well");
        await using var host = TestHost.Build(services => services
            .AddAmbassadorClient("orders", options => options.Endpoints.Add(new AmbassadorEndpoint(server.Uri)))
            .UseSocketsHttpHandler(static (handler, _) => handler.SslOptions.CertificateChainPolicy = TestCertificates.Trusting().CertificateChainPolicy)
            .AddProbe("/healthz", static probe => probe.Jitter = 0));
        await host.StartAsync();

        await host.Clock.PassAsync(TimeSpan.FromSeconds(10));

        await Eventually.HoldsAsync(() => server.Requests == 1, "the probe has arrived");
        Assert.That(host.Logs.Named("ProbeFailed"), Is.Empty);
    }

    [TestCase("/healthz", 1)]
    [TestCase(null, 0)]
    public async Task Probe_HandlersOutsideAContainerHaveInnerOnes_ItIsToldOnceThatProbesDoNotGoByThem(string? path, int times)
    {
        var options = new AmbassadorOptions { BaseAddress = new Uri("http://orders.test/"), Probe = { Path = path } };
        using var loggerFactory = LoggerFactory.Create(builder => builder.AddProvider(_logs));
        for (var handler = 0; handler < 2; handler++)
        {
            using var client = new HttpClient(new AmbassadorHandler(options, _clock, loggerFactory) { InnerHandler = new ScriptedHandler().Then(200) });
            (await client.GetAsync(new Uri("http://orders.test/")).InTime()).Dispose();
        }

        Assert.That(_logs.Named("ProbesHaveOwnHandler"), Has.Count.EqualTo(times));
    }

    [Test]
    public async Task AddProbe_EndpointIsIll_IsToldByItsAddress()
    {
        await using var good = ScriptedServer.Start().Answers(200, "well");
        await using var bad = ScriptedServer.Start().Answers(503, "ill");
        await using var host = TestHost.Build(services => services
            .AddAmbassadorClient("orders", options =>
            {
                options.Endpoints.Add(new AmbassadorEndpoint(good.Uri));
                options.Endpoints.Add(new AmbassadorEndpoint(bad.Uri));
            })
            .AddProbe("/healthz", static probe => probe.Jitter = 0));
        await host.StartAsync();
        await host.Clock.PassAsync(TimeSpan.FromSeconds(10));
        await host.Clock.PassAsync(TimeSpan.FromSeconds(10));

        await host.LoggedAsync("EndpointCircuitChanged");
        Assert.That(host.Logs.Named("EndpointCircuitChanged")[0].Message, Is.EqualTo($"Ambassador 'orders': the circuit of endpoint '{bad.Uri.Authority}' was Closed and is Open."));
    }

    [Test]
    public void AddProbe_ForAllClients_Throws() => Assert.That(
        static () => new ServiceCollection().ConfigureHttpClientDefaults(static client => client.AddProbe("/")), Throws.InvalidOperationException);

    private Task ProbeAsync() => _prober.ProbeAsync(CancellationToken.None);

    private Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken ct)
    {
        _asked.Enqueue(request.RequestUri!);
        return Answer(request, ct);
    }

    private void Use(BalancedEndpoint endpoint) => endpoint.MarkUsed(_clock.GetTimestamp(), _balancer.Scale);

    private sealed class DisposedContent : ByteArrayContent
    {
        public DisposedContent()
            : base([])
        {
        }

        public bool IsDisposed { get; private set; }

        protected override void Dispose(bool disposing)
        {
            IsDisposed = true;
            base.Dispose(disposing);
        }
    }
}
