using System.Net;
using System.Security.Authentication;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace SidecarPatterns.Tests;

/// <summary>What the registration makes of a client, whatever else is set for it.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(170_000)]
internal sealed class AmbassadorServiceCollectionExtensionsTests : IDisposable
{
    private readonly ScriptedHandler _server = new();

    public void Dispose() => _server.Dispose();

    [Test]
    public async Task AddAmbassadorClient_TypedByInterfaceOrNamed_EachHasItsAmbassador()
    {
        _server.Then(200);
        await using var host = TestHost.Build(services =>
        {
            services.AddAmbassadorClient<Payments>(configure: static options => options.BaseAddress = new Uri("http://payments.test/")).ConfigurePrimaryHttpMessageHandler(() => _server);
            services.AddAmbassadorClient<IStock, Stock>("stock", static options => options.BaseAddress = new Uri("http://stock.test/")).ConfigurePrimaryHttpMessageHandler(() => _server);
            services.AddAmbassadorClient("prices", static options => options.BaseAddress = new Uri("http://prices.test/")).ConfigurePrimaryHttpMessageHandler(() => _server);
        });
        await host.StartAsync();

        await host.Services.GetRequiredService<Payments>().Client.GetAsync(new Uri("x", UriKind.Relative)).InTime();
        await ((Stock)host.Services.GetRequiredService<IStock>()).Client.GetAsync(new Uri("x", UriKind.Relative)).InTime();
        await host.CreateClient("prices").GetAsync(new Uri("x", UriKind.Relative)).InTime();

        Assert.That(_server.Requests.Select(static request => request.Uri!.Host), Is.EqualTo(["payments.test", "stock.test", "prices.test"]));
        Assert.That(
            host.Ambassadors().GetSnapshots().Select(static snapshot => (snapshot.Name, snapshot.Succeeded)),
            Is.EqualTo([("Payments", 1L), ("prices", 1L), ("stock", 1L)]));
    }

    [Test]
    public async Task AddAmbassador_SeveralTimesAndByDefaults_StandsThereOnce()
    {
        _server.Then(500);
        await using var host = TestHost.Build(services =>
        {
            services.ConfigureHttpClientDefaults(static client => client.AddAmbassador(static options => options.Retry.Delay = TimeSpan.Zero));
            services.AddAmbassadorClient("prices").AddAmbassador().AddAmbassador().ConfigurePrimaryHttpMessageHandler(() => _server);
            services.AddHttpClient("plain").ConfigurePrimaryHttpMessageHandler(() => _server);
        });
        await host.StartAsync();

        (await host.GetAsync("prices").InTime()).Dispose();
        Assert.That(_server.Requests, Has.Count.EqualTo(3));
        (await host.GetAsync("plain").InTime()).Dispose();
        Assert.That(_server.Requests, Has.Count.EqualTo(6), "client defaults cover it");
        Assert.That(host.Ambassadors().GetSnapshot("plain").Failed, Is.EqualTo(1));
    }

    [TestCase("prices", "prices")]
    [TestCase("", "default")]
    public async Task AddAmbassador_ByDefaultsWithWhatIsNotAllowed_FailsWithTheFirstClientOfAnyName(string name, string section)
    {
        await using var host = TestHost.Build(static services =>
            services.ConfigureHttpClientDefaults(static client => client.AddAmbassador(static options => options.Retry.MaxAttempts = 0)));
        await host.StartAsync();

        Assert.That(
            () => host.CreateClient(name),
            Throws.TypeOf<OptionsValidationException>()
                .With.Message.EqualTo($"Ambassadors:{section}:Retry:MaxAttempts is 0; allowed is a whole number from 1 to 100."));
    }

    [TestCase("prices", "prices")]
    [TestCase("", "default")]
    public async Task AddAmbassador_ByDefaultsWithAPipelineThatIsMissing_FailsWithTheFirstClientOfAnyName(string name, string section)
    {
        await using var host = TestHost.Build(static services =>
            services.ConfigureHttpClientDefaults(static client => client.AddAmbassador(static options => options.CallPipeline = "missing")));
        await host.StartAsync();

        Assert.That(
            () => host.CreateClient(name),
            Throws.TypeOf<OptionsValidationException>().With.Message.StartsWith($"Ambassadors:{section}:CallPipeline is 'missing'; "));
    }

    [Test]
    public async Task AddAmbassador_ByDefaultsAndAClientTakesItOut_ItsCallsAreItsOwn()
    {
        _server.Then(500);
        await using var host = TestHost.Build(services =>
        {
            services.AddServiceDiscovery();
            services.ConfigureHttpClientDefaults(static client => client.AddServiceDiscovery().AddAmbassador());
            services.AddHttpClient("plain")
                .ConfigureAdditionalHttpMessageHandlers(static (handlers, _) => handlers.RemoveAt(1))
                .ConfigurePrimaryHttpMessageHandler(() => _server);
        });
        await host.StartAsync();

        (await host.GetAsync("plain").InTime()).Dispose();

        Assert.That(_server.Requests, Has.Count.EqualTo(1), "nothing is tried again");
    }

    [Test]
    public async Task AddHttpMessageHandler_BeforeIsOutsideAndAfterIsInside()
    {
        var outer = new CountingHandler();
        var inner = new CountingHandler();
        _server.Then(500).Then(500).Then(200);
        await using var host = TestHost.Build(services => services
            .AddHttpClient("prices")
            .AddHttpMessageHandler(() => outer)
            .AddAmbassador(static options => options.Retry.Delay = TimeSpan.Zero)
            .AddHttpMessageHandler(() => inner)
            .ConfigurePrimaryHttpMessageHandler(() => _server));
        await host.StartAsync();

        (await host.GetAsync("prices").InTime()).Dispose();

        Assert.That((outer.Count, inner.Count), Is.EqualTo((1, 3)));
        Assert.That(
            _server.Requests.Select(static request => request.Headers.Split("X-Inner").Length - 1),
            Is.All.EqualTo(1),
            "what an inner handler adds does not pile up");
    }

    [Test]
    public async Task PrimaryHandler_NobodyHasSetOne_IsAsTheOptionsSay()
    {
        await using var host = TestHost.Build(static services => services.AddAmbassadorClient("prices", static options =>
        {
            options.Network.ConnectTimeout = TimeSpan.FromSeconds(7);
            options.Network.MaxResponseHeadersLength = 12;
        }).Services.AddAmbassadorClient("stock"));
        var primary = PrimaryOf(host, "prices");
        var untouched = (SocketsHttpHandler)PrimaryOf(host, "stock");

        Assert.That(primary, Is.TypeOf<SocketsHttpHandler>());
        var sockets = (SocketsHttpHandler)primary;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(sockets.ConnectTimeout, Is.EqualTo(TimeSpan.FromSeconds(7)));
            Assert.That(sockets.MaxResponseHeadersLength, Is.EqualTo(12));
            Assert.That((untouched.ConnectTimeout, untouched.MaxResponseHeadersLength), Is.EqualTo((TimeSpan.FromSeconds(3), 64)), "seconds, and kilobytes");
            Assert.That(sockets.AllowAutoRedirect, Is.False);
            Assert.That(sockets.UseCookies, Is.False);
            Assert.That(sockets.AutomaticDecompression, Is.EqualTo(DecompressionMethods.All));
            Assert.That(sockets.PooledConnectionIdleTimeout, Is.EqualTo(TimeSpan.FromSeconds(30)));
            Assert.That(sockets.PooledConnectionLifetime, Is.InRange(TimeSpan.FromSeconds(108), TimeSpan.FromSeconds(132)));
            Assert.That(sockets.EnableMultipleHttp2Connections, Is.True);
            Assert.That(sockets.KeepAlivePingDelay, Is.EqualTo(TimeSpan.FromSeconds(15)));
            Assert.That(sockets.KeepAlivePingTimeout, Is.EqualTo(TimeSpan.FromSeconds(5)));
            Assert.That(sockets.KeepAlivePingPolicy, Is.EqualTo(HttpKeepAlivePingPolicy.WithActiveRequests));
            Assert.That(sockets.SslOptions.EnabledSslProtocols, Is.EqualTo(SslProtocols.Tls12 | SslProtocols.Tls13));
            Assert.That(sockets.Expect100ContinueTimeout, Is.EqualTo(TimeSpan.FromSeconds(1)));
        }
    }

    [Test]
    public async Task PrimaryHandler_SomebodyHasSetOne_Stays([Values("before", "after", "defaults")] string when)
    {
        await using var host = TestHost.Build(services =>
        {
            if (when == "defaults")
            {
                services.ConfigureHttpClientDefaults(client => client.ConfigurePrimaryHttpMessageHandler(() => _server));
            }

            var client = services.AddHttpClient("prices");
            client = when == "before" ? client.ConfigurePrimaryHttpMessageHandler(() => _server).AddAmbassador() : client.AddAmbassador();
            _ = when == "after" ? client.ConfigurePrimaryHttpMessageHandler(() => _server) : client;
        });

        Assert.That(PrimaryOf(host, "prices"), Is.SameAs(_server));
    }

    [TestCase("configured", "http://option.test/", "http://client.test/")]
    [TestCase("configured", null, "http://client.test/")]
    [TestCase("before all others", "http://option.test/", "http://option.test/")]
    [TestCase("before all others", null, "http://client.test/")]
    [TestCase("nowhere", "http://option.test/", "http://option.test/")]
    [TestCase("nowhere", null, "http://endpoint.test:81/")]
    public async Task BaseAddress_IsTheClientsOwnOrThatOfTheOptionsOrTheFirstEndpoints(string where, string? option, string expected)
    {
        await using var host = TestHost.Build(services =>
        {
            var client = services.AddAmbassadorClient("prices", options =>
            {
                options.BaseAddress = option is null ? null : new Uri(option);
                options.Endpoints.Add(new AmbassadorEndpoint("http://endpoint.test:81/api"));
            });
            if (where == "configured")
            {
                client.ConfigureHttpClient(SetAddress);
            }
            else if (where == "before all others")
            {
                services.PostConfigureAll<HttpClientFactoryOptions>(static options => options.HttpClientActions.Insert(0, SetAddress));
            }
        });

        Assert.That(host.CreateClient("prices").BaseAddress, Is.EqualTo(new Uri(expected)));

        static void SetAddress(HttpClient client) => client.BaseAddress = new Uri("http://client.test/");
    }

    [Test]
    public async Task HandlerLifetime_NobodyHasSetIt_IsInfinite()
    {
        await using var host = TestHost.Build(static services =>
        {
            services.AddAmbassadorClient("prices");
            services.AddAmbassadorClient("stock").SetHandlerLifetime(TimeSpan.FromMinutes(5));
            services.AddHttpClient("plain");
        });
        var options = host.Services.GetRequiredService<IOptionsMonitor<HttpClientFactoryOptions>>();

        Assert.That(options.Get("prices").HandlerLifetime, Is.EqualTo(Timeout.InfiniteTimeSpan));
        Assert.That(options.Get("stock").HandlerLifetime, Is.EqualTo(TimeSpan.FromMinutes(5)));
        Assert.That(options.Get("plain").HandlerLifetime, Is.EqualTo(TimeSpan.FromMinutes(2)));
    }

    [Test]
    public async Task ClientTimeout_NobodyHasSetIt_IsInfiniteAndAShorterOneIsToldOfOnce()
    {
        await using var host = TestHost.Build(static services =>
        {
            services.AddAmbassadorClient("prices");
            services.AddAmbassadorClient("stock").ConfigureHttpClient(static client => client.Timeout = TimeSpan.FromSeconds(5));
            services.AddAmbassadorClient("equal").ConfigureHttpClient(static client => client.Timeout = TimeSpan.FromSeconds(30));
            services.AddAmbassadorClient("longer").ConfigureHttpClient(static client => client.Timeout = TimeSpan.FromSeconds(31));
            services.AddAmbassadorClient("infinite").ConfigureHttpClient(static client => client.Timeout = Timeout.InfiniteTimeSpan);
        });
        await host.StartAsync();

        Assert.That(host.CreateClient("prices").Timeout, Is.EqualTo(Timeout.InfiniteTimeSpan));
        Assert.That(host.CreateClient("stock").Timeout, Is.EqualTo(TimeSpan.FromSeconds(5)));
        Assert.That(host.CreateClient("stock").Timeout, Is.EqualTo(TimeSpan.FromSeconds(5)));
        Assert.That(host.CreateClient("equal").Timeout, Is.EqualTo(TimeSpan.FromSeconds(30)));
        Assert.That(host.CreateClient("longer").Timeout, Is.EqualTo(TimeSpan.FromSeconds(31)));
        Assert.That(host.CreateClient("infinite").Timeout, Is.EqualTo(Timeout.InfiniteTimeSpan));
        Assert.That(
            host.Logs.Named("ClientTimeoutIsShorter").Select(static entry => entry.Message),
            Is.EqualTo(["HttpClient 'stock' has a Timeout of 00:00:05, which is shorter than its ambassador's of 00:00:30: it ends calls before the ambassador can. This is said once."]));
    }

    [Test]
    public async Task AddAmbassadorClient_Typed_HasTheNameThatIsGivenOrItsTypes()
    {
        _server.Then(200);
        await using var host = TestHost.Build(services =>
        {
            services.AddAmbassadorClient<Payments>("pay").ConfigurePrimaryHttpMessageHandler(() => _server);
            services.AddAmbassadorClient<IStock, Stock>().ConfigurePrimaryHttpMessageHandler(() => _server);
        });
        await host.StartAsync();

        await host.Services.GetRequiredService<Payments>().Client.GetAsync(new Uri("http://payments.test/")).InTime();
        await ((Stock)host.Services.GetRequiredService<IStock>()).Client.GetAsync(new Uri("http://stock.test/")).InTime();

        Assert.That(host.Ambassadors().GetSnapshots().Select(static snapshot => (snapshot.Name, snapshot.Succeeded)), Is.EquivalentTo([("pay", 1L), ("IStock", 1L)]));
    }

    [Test]
    public void AddHedgingAndAddConcurrencyLimit_SetTheOptionsOfTheClient()
    {
        using var provider = new ServiceCollection()
            .AddHttpClient("orders")
            .AddHedging(static hedging => hedging.MaxLoad = 0.2)
            .AddConcurrencyLimit(3, static concurrency => concurrency.QueueLimit = 7)
            .Services.BuildServiceProvider();

        var options = provider.GetRequiredService<IOptionsMonitor<AmbassadorOptions>>().Get("orders");

        Assert.That((options.Hedging.Enabled, options.Hedging.MaxLoad), Is.EqualTo((true, 0.2)));
        Assert.That((options.Concurrency.Limit, options.Concurrency.QueueLimit), Is.EqualTo(((int?)3, 7)));
    }

    [Test]
    public void AddConcurrencyLimit_LessThanOne_Throws() => Assert.That(
        static () => new ServiceCollection().AddHttpClient("orders").AddConcurrencyLimit(0),
        Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("limit").And.Property("ActualValue").Zero);

    [Test]
    public void AddEndpointSource_ForAllClients_SaysThatTheyHaveNoneInCommon() => Assert.That(
        static () => new ServiceCollection().ConfigureHttpClientDefaults(static client => client.AddEndpointSource<FixedSource>()),
        Throws.InvalidOperationException.With.Message.Contains("all clients, which have no endpoints in common"));

    [Test]
    public void CircuitOpen_Message_SaysOfWhomAndForHowLong()
    {
        Assert.That(
            new AmbassadorCircuitOpenException("orders", TimeSpan.FromSeconds(2.26)).Message,
            Is.EqualTo("The circuit of ambassador 'orders' is open, for 2.3 s more: nothing was sent."));
        Assert.That(new AmbassadorCircuitOpenException("orders", retryAfter: null).Message, Is.EqualTo("The circuit of ambassador 'orders' is open: nothing was sent."));
    }

    [Test]
    public void AddAmbassadorClient_ArgumentIsNull_Throws()
    {
        var services = new ServiceCollection();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => services.AddAmbassadorClient(null!), Throws.ArgumentNullException);
            Assert.That(() => ((IServiceCollection)null!).AddAmbassadorClient("prices"), Throws.ArgumentNullException);
            Assert.That(() => ((IServiceCollection)null!).AddAmbassadorClient<Payments>(), Throws.ArgumentNullException);
            Assert.That(() => ((IServiceCollection)null!).AddAmbassadorClient<IStock, Stock>(), Throws.ArgumentNullException);
            Assert.That(() => ((IHttpClientBuilder)null!).AddAmbassador(), Throws.ArgumentNullException);
        }
    }

    private static HttpMessageHandler PrimaryOf(TestHost host, string name)
    {
        var handler = host.Services.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler(name);
        while (handler is DelegatingHandler delegating)
        {
            handler = delegating.InnerHandler!;
        }

        return handler;
    }

    private interface IStock;

    private sealed class Stock(HttpClient client) : IStock
    {
        public HttpClient Client => client;
    }

    private sealed class Payments(HttpClient client)
    {
        public HttpClient Client => client;
    }

    private sealed class CountingHandler : DelegatingHandler
    {
        public int Count { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Count++;
            request.Headers.TryAddWithoutValidation("X-Inner", $"{Count}");
            return base.SendAsync(request, cancellationToken);
        }
    }
}
