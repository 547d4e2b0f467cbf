using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SidecarPatterns.Tests;

/// <summary>Credentials in a host: the sidecar, health, reload, stop, and what is shared.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(170_000)]
[NonParallelizable] // Every test of the process can be heard by the listener of activities.
internal sealed class CredentialHostTests : IAsyncDisposable
{
    private const string Secret = CredentialCalling.Secret;

    private readonly ScriptedHandler _server = new();
    private readonly ScriptedServer _tokens = ScriptedServer.Start();

    public async ValueTask DisposeAsync()
    {
        _server.Dispose();
        await _tokens.DisposeAsync();
    }

    [Test]
    public async Task Start_SidecarGetsTheTokenAndRenewsItAheadOfItsEnd()
    {
        _tokens.Counting("600");
        await using var host = Build(("orders", Plain));
        await host.StartAsync();
        await TokensAsync(1);

        await host.StateAsync("orders.token", SidecarState.Ready);
        await Eventually.HoldsAsync(() => CredentialOf(host, "orders").IsUsable);
        var wait = await host.Clock.ArmedAsync(TimeSpan.FromSeconds(468), TimeSpan.FromSeconds(492));
        host.Clock.Advance(wait);
        await TokensAsync(2);
        await Eventually.HoldsAsync(() => CredentialOf(host, "orders").Acquired == 2);
        _server.Then(200);
        (await GetAsync(host, "orders")).Dispose();

        Assert.That(_server.Requests.Single().Headers, Does.Contain("Authorization: Bearer t2"));
        Assert.That(CredentialOf(host, "orders"), Has.Property("Kind").EqualTo("client_credentials").And.Property("Failed").Zero);
        Assert.That(CredentialOf(host, "orders").ExpiresAt, Is.EqualTo(host.Clock.GetUtcNow() + TimeSpan.FromSeconds(600)).Within(TimeSpan.FromSeconds(1)));
    }

    [Test]
    public async Task Outage_TokenIsGood_IsDegradedAndTheSidecarGoesOnTrying()
    {
        _tokens.InTurn(Tokens.Of("t1", "600"), Answer.With(500, Secret));
        await using var host = Build(("orders", Plain));
        await host.StartAsync();
        await Eventually.HoldsAsync(() => CredentialOf(host, "orders").IsUsable);
        Assert.That(await HealthAsync(host), Is.EqualTo((HealthStatus.Healthy, "The circuit is Closed.")));

        host.Clock.Advance(await host.Clock.ArmedAsync(TimeSpan.FromSeconds(468), TimeSpan.FromSeconds(492)));
        await host.Clock.AdvanceUntilAsync(TimeSpan.FromMilliseconds(1), () => CredentialOf(host, "orders").IsFailing);

        Assert.That(
            await HealthAsync(host),
            Is.EqualTo((HealthStatus.Degraded, "The credential could not be renewed: the token endpoint gave none (500). Calls use the one that is there.")));
        _tokens.Answers(Tokens.Of("t2", "600"));
        await host.Clock.AdvanceUntilAsync(TimeSpan.FromMilliseconds(20), () => CredentialOf(host, "orders").Acquired == 2);
        Assert.That(await HealthAsync(host), Is.EqualTo((HealthStatus.Healthy, "The circuit is Closed.")));
    }

    [Test]
    public async Task Outage_NoToken_IsDegradedAndCallsFail()
    {
        _tokens.Answers(Tokens.Error(400, "invalid_scope"));
        await using var host = Build(("orders", Plain));
        await host.StartAsync();
        await Eventually.HoldsAsync(() => CredentialOf(host, "orders").IsFailing);

        Assert.That(await HealthAsync(host), Is.EqualTo((HealthStatus.Degraded, "There is no credential: the token endpoint gave none (400 invalid_scope). Calls fail.")));
        Assert.That(
            await GetAsync(host, "orders").FailureAsync(),
            Is.TypeOf<AmbassadorAuthenticationException>().With.Property("Error").EqualTo("invalid_scope").And.Property("AmbassadorName").EqualTo("orders"));
        Assert.That(_server.Requests, Is.Empty);
    }

    [Test]
    public async Task Stop_TokensAreForgotten()
    {
        _tokens.Counting();
        _server.Then(200);
        var host = Build(("orders", Plain));
        await host.StartAsync();
        (await GetAsync(host, "orders")).Dispose();
        var cache = StateOf(host, "orders").Credential.Cache!;
        Assert.That(cache.Current, Is.Not.Null);

        await host.StopAsync();

        Assert.That(cache.Current, Is.Null);
        var client = host.CreateClient("orders");
        (await client.GetAsync(Items).InTime()).Dispose();
        Assert.That(_tokens.Requests, Is.EqualTo(2), "whoever drains still may ask for one");
        await host.DisposeAsync();
        Assert.That(cache.Current, Is.Null);
        Assert.That(await client.GetAsync(Items).FailureAsync(), Is.TypeOf<AmbassadorAuthenticationException>().With.Message.Contains("the application has ended"));
    }

    [Test]
    public async Task Clients_OfTheSameGrant_ShareATokenAndOthersDoNot()
    {
        _tokens.Counting();
        _server.Then(200);
        await using var host = Build(
            ("a", options => Scoped(options, "read", "write")),
            ("b", options => Scoped(options, "write", "read")),
            ("c", options => Scoped(options, "read")),
            ("d", options => options.Audience = "x"),
            ("e", options => options.Parameters["x"] = "y"),
            ("f", options => options.ClientSecret = "another"),
            ("g", options => options.Resources.Add("urn:x")),
            ("h", Plain));
        await host.StartAsync();
        foreach (var name in (string[])["a", "b", "c", "d", "e", "f", "g", "h"])
        {
            (await GetAsync(host, name)).Dispose();
        }

        var sent = _server.Requests.Select(static request => request.Headers.Trim()).ToList();
        Assert.That(sent[1], Is.EqualTo(sent[0]), "the order of scopes means nothing");
        Assert.That(sent.Distinct().Count(), Is.EqualTo(7));
        Assert.That(_tokens.Requests, Is.EqualTo(7));
    }

    [Test]
    public async Task Reload_OtherSecret_TokenStaysAndTheNextIsAskedForWithIt()
    {
        _tokens.Counting("600");
        _server.Then(200);
        var configuration = new ReloadableConfiguration();
        configuration.Change(Settings("one"));
        await using var host = configuration.BuildHost(services => AddClient(services, "orders", null));
        await host.StartAsync();
        (await GetAsync(host, "orders")).Dispose();

        configuration.Change(("Ambassadors:orders:ClientCredentials:ClientSecret", "two"));
        (await GetAsync(host, "orders")).Dispose();
        Assert.That(_tokens.Requests, Is.EqualTo(1));
        Assert.That(
            host.Logs.Named("AmbassadorOptionsChanged").Single().Message,
            Is.EqualTo("Ambassador 'orders' has new options: ClientCredentials:ClientSecret = a value that is not shown."));
        host.Clock.Advance(await host.Clock.ArmedAsync(TimeSpan.FromSeconds(468), TimeSpan.FromSeconds(492)));
        await TokensAsync(2);
        Assert.That(BasicOf(_tokens.Served[1]), Is.EqualTo("client:two"));

        configuration.Change(("Ambassadors:orders:ClientCredentials:Scopes:0", "more"));
        await TokensAsync(3);
        await Eventually.HoldsAsync(() => CredentialOf(host, "orders").Acquired == 3);
        (await GetAsync(host, "orders")).Dispose();
        Assert.That(_server.Requests[^1].Headers, Does.Contain("Bearer t3"), "another scope is another token");
        Assert.That(_tokens.Served[2].BodyText, Does.EndWith("scope=more"));
    }

    [Test]
    public async Task Reload_OtherSecretDuringARefresh_IsAskedForWithItAndNothingIsLeft()
    {
        _tokens.InTurn(Tokens.Of("t1", "600"), Answer.Stall, Tokens.Of("t3", "600"));
        _server.Then(200);
        var handlers = new List<TrackedHandler>();
        Func<HttpMessageHandler> make = () =>
        {
            handlers.Add(new TrackedHandler { InnerHandler = new SocketsHttpHandler() });
            return handlers[^1];
        };
        var configuration = new ReloadableConfiguration();
        configuration.Change(Settings("one"));
        await using var host = configuration.BuildHost(services => AddClient(services, "orders", options => options.UsePrimaryHandler(make)));
        await host.StartAsync();
        await Eventually.HoldsAsync(() => CredentialOf(host, "orders").IsUsable);
        var left = StateOf(host, "orders").Credential.Cache!;
        host.Clock.Advance(await host.Clock.ArmedAsync(TimeSpan.FromSeconds(468), TimeSpan.FromSeconds(492)));
        await TokensAsync(2);

        configuration.Change(("Ambassadors:orders:ClientCredentials:ClientSecret", "two"));

        await TokensAsync(3);
        Assert.That(BasicOf(_tokens.Served[2]), Is.EqualTo("client:two"), "at once, and not when a 401 comes");
        await Eventually.HoldsAsync(() => CredentialOf(host, "orders").Acquired == 2);
        Assert.That(handlers.Select(static handler => handler.IsDisposed), Is.EqualTo([false, false]), "the one before is asked still");
        await host.Clock.AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => !left.IsAsking, "the first has been given up");
        await Eventually.HoldsAsync(() => handlers[0].IsDisposed);
        Assert.That(handlers[1].IsDisposed, Is.False);
    }

    [Test]
    public async Task Reload_HandlerOfOneCanNotBeMade_OthersAreReloaded()
    {
        _tokens.Counting();
        _server.Then(200);
        var configuration = new ReloadableConfiguration();
        configuration.Change([.. Settings("one"), ("Ambassadors:prices:Timeout", "00:00:07")]);
        await using var host = configuration.BuildHost(services =>
        {
            AddClient(services, "orders", static options => options.UsePrimaryHandler(static () => throw new IOException()));
            services.AddAmbassadorClient("prices").ConfigurePrimaryHttpMessageHandler(() => _server);
        });
        await host.StartAsync();

        configuration.Change(("Ambassadors:orders:ClientCredentials:ClientSecret", "two"), ("Ambassadors:prices:Timeout", "00:00:08"));

        Assert.That(StateOf(host, "prices").Settings.Options.Timeout, Is.EqualTo(TimeSpan.FromSeconds(8)));
        Assert.That(await GetAsync(host, "orders").FailureAsync(), Is.TypeOf<AmbassadorAuthenticationException>().With.Message.Contains("IOException"));
    }


    [Test]
    public async Task Reload_OtherKey_IsSentWithTheNextCall()
    {
        _server.Then(200);
        var configuration = new ReloadableConfiguration();
        configuration.Change(("Ambassadors:orders:ApiKey:Keys:0", "one"), ("Ambassadors:orders:Authentication:AllowInsecureCredentials", "true"));
        await using var host = configuration.BuildHost(services => services.AddAmbassadorClient("orders").ConfigurePrimaryHttpMessageHandler(() => _server));
        await host.StartAsync();
        (await GetAsync(host, "orders")).Dispose();
        configuration.Change(("Ambassadors:orders:ApiKey:Keys:0", "two"));
        (await GetAsync(host, "orders")).Dispose();
        configuration.Change(("Ambassadors:orders:ApiKey:Keys:0", null));
        (await GetAsync(host, "orders")).Dispose();

        Assert.That(_server.Requests.Select(static request => request.Headers.Trim()), Is.EqualTo(["X-Api-Key: one", "X-Api-Key: two", ""]));
    }

    [Test]
    public async Task Reload_OtherPassword_IsSentWithTheNextCall()
    {
        _server.Then(200);
        var configuration = new ReloadableConfiguration();
        configuration.Change(
            ("Ambassadors:orders:Basic:UserName", "shop"),
            ("Ambassadors:orders:Basic:Password", "one"),
            ("Ambassadors:orders:Authentication:AllowInsecureCredentials", "true"));
        await using var host = configuration.BuildHost(services => services.AddAmbassadorClient("orders").ConfigurePrimaryHttpMessageHandler(() => _server));
        await host.StartAsync();
        (await GetAsync(host, "orders")).Dispose();
        configuration.Change(("Ambassadors:orders:Basic:Password", "two"));
        (await GetAsync(host, "orders")).Dispose();

        Assert.That(
            _server.Requests.Select(static request => request.Headers.Trim()),
            Is.EqualTo(["Authorization: Basic c2hvcDpvbmU=", "Authorization: Basic c2hvcDp0d28="]));
    }

    [Test]
    public async Task Reload_OptionOfAnotherKind_KeyThatWasRefusedIsNotTriedAgain()
    {
        _server.Then(401).Then(200);
        var configuration = new ReloadableConfiguration();
        configuration.Change(
            ("Ambassadors:orders:ApiKey:Keys:0", "one"),
            ("Ambassadors:orders:ApiKey:Keys:1", "two"),
            ("Ambassadors:orders:Authentication:AllowInsecureCredentials", "true"));
        await using var host = configuration.BuildHost(services => services.AddAmbassadorClient("orders").ConfigurePrimaryHttpMessageHandler(() => _server));
        await host.StartAsync();
        (await GetAsync(host, "orders")).Dispose();

        configuration.Change(("Ambassadors:orders:Timeout", "00:00:07"));
        (await GetAsync(host, "orders")).Dispose();

        Assert.That(host.Logs.Named("AmbassadorOptionsChanged"), Has.Count.EqualTo(1));
        Assert.That(_server.Requests.Select(static request => request.Headers.Trim()), Is.EqualTo(["X-Api-Key: one", "X-Api-Key: two", "X-Api-Key: two"]));
    }

    [Test]
    public async Task Provider_OfAClientWithoutAnAmbassador_GivesItOne()
    {
        _server.Then(200);
        await using var host = TestHost.Build(services =>
        {
            services.AddHttpClient("orders").AddCredential<Counted>().ConfigurePrimaryHttpMessageHandler(() => _server);
            services.Configure<AmbassadorOptions>("orders", Insecure);
        });
        (await GetAsync(host, "orders")).Dispose();

        Assert.That(_server.Requests.Single().Headers.Trim(), Is.EqualTo("X-Count: orders 1"));
    }

    [Test]
    public async Task Provider_OfTheContainer_GivesTheCredentialOfItsClientAlone()
    {
        _server.Then(200);
        await using var host = TestHost.Build(services =>
        {
            services.AddAmbassadorClient("orders", Insecure).AddCredential<Counted>().ConfigurePrimaryHttpMessageHandler(() => _server);
            services.AddAmbassadorClient("other", Insecure).ConfigurePrimaryHttpMessageHandler(() => _server);
        });
        await host.StartAsync();
        (await GetAsync(host, "orders")).Dispose();
        (await GetAsync(host, "other")).Dispose();
        (await GetAsync(host, "orders")).Dispose();

        Assert.That(_server.Requests.Select(static request => request.Headers.Trim()), Is.EqualTo(["X-Count: orders 1", "", "X-Count: orders 1"]));
        await host.StateAsync("orders.token", SidecarState.Ready);
        Assert.That(host.Ambassadors().GetSnapshot("other").Credential, Is.Null);
    }

    [Test]
    public async Task AddClientCredentials_ClientsOfWhichNoSidecarCanHaveTheNames_EachHasItsOwn()
    {
        _tokens.Counting();
        await using var host = TestHost.Build(services =>
        {
            services.AddAmbassadorClient("my orders", Insecure).AddClientCredentials(Plain);
            services.AddAmbassadorClient("my-orders", Insecure).AddClientCredentials(Plain);
        });

        Assert.That(
            host.Control.GetSnapshots().Select(static snapshot => snapshot.Name),
            Is.EquivalentTo(["my-orders.token", "my-orders-2.token", "ambassadors.endpoints"]));
    }

    [Test]
    public async Task AddClientCredentials_TwiceAndByDefaults_HasOneSidecarOrNone()
    {
        _tokens.Counting();
        _server.Then(200);
        await using var host = TestHost.Build(services =>
        {
            services.ConfigureHttpClientDefaults(client => client.AddAmbassador(Insecure).AddClientCredentials(Plain).ConfigurePrimaryHttpMessageHandler(() => _server));
            services.AddAmbassadorClient("my orders").AddClientCredentials(Plain).AddClientCredentials(Plain);
        });
        await host.StartAsync();
        (await GetAsync(host, "any")).Dispose();

        Assert.That(host.Control.GetSnapshots().Select(static snapshot => snapshot.Name), Is.EquivalentTo(["my-orders.token", "ambassadors.endpoints"]));
        Assert.That(_server.Requests.Single().Headers, Does.Contain("Bearer t1"));
    }

    [Test]
    public async Task WithoutAHost_TokenIsAskedForOnDemandAndRenewedBehindACall()
    {
        _tokens.Counting("600");
        _server.Then(200);
        await using var host = Build(("orders", Plain)); // Not started: a container alone.
        (await GetAsync(host, "orders")).Dispose();
        host.Clock.Advance(TimeSpan.FromSeconds(500));

        (await GetAsync(host, "orders")).Dispose();
        await Eventually.HoldsAsync(() => CredentialOf(host, "orders").Acquired == 2);
        (await GetAsync(host, "orders")).Dispose();

        Assert.That(_server.Requests.Select(static request => request.Headers.Trim()), Is.EqualTo(["Authorization: Bearer t1", "Authorization: Bearer t1", "Authorization: Bearer t2"]));
    }

    [Test]
    public async Task Everything_ThatIsEmitted_HasNoSecretAndNoToken()
    {
        const string Token = "t0k3n-c4n4ry";
        var failures = new List<string>();
        _tokens.InTurn(
            Tokens.Json(400, $$"""{"error":"{{Secret}}","error_description":"{{Secret}}"}"""), Tokens.Of(Token + "\n"), Tokens.Json(200, Secret), Tokens.Error(401, "invalid_client"),
            Tokens.Of(Token, "20"), Tokens.Of(Token + "2", "20"), Answer.With(500, Secret));
        _server.Then(200).Then(401).Then(401).Then(200);
        using var recorder = new ActivityRecorder();
        await using var host = TestHost.Build(services =>
        {
            services.AddHealthChecks().AddAmbassadorHealthChecks();
            AddClient(services, "secret", options =>
            {
                Plain(options);
                options.Method = ClientAuthenticationMethod.ClientSecretPost;
            });
        });
        using var meter = new MeterRecorder(host);
        await host.StartAsync();
        for (var i = 0; i < 60; i++)
        {
            var call = GetAsync(host, "secret");
            await host.Clock.AdvanceUntilAsync(TimeSpan.FromMilliseconds(5), () => call.IsCompleted);
            failures.Add((await call.FailureAsync())?.ToString() ?? "");
            host.Clock.Advance(TimeSpan.FromSeconds(1));
            meter.All();
        }

        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync().InTime();
        await host.StopAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(_server.Requests.Select(static request => request.Headers), Has.Some.Contains(Token), "there was something to tell");
            Assert.That(host.Logs.Entries.Select(static entry => $"{entry.Message} {entry.Exception}"), Has.None.Contains("c4n4ry"), "the logs of the factory included");
            Assert.That(failures, Has.Some.Contains(nameof(AmbassadorAuthenticationException)).And.None.Contains("c4n4ry"));
            Assert.That(meter.All().Select(static one => one.Tags), Has.None.Contains("c4n4ry"));
            Assert.That(host.Ambassadors().GetSnapshot("secret").ToString(), Does.Contain("client_credentials").And.Not.Contain("c4n4ry"));
            Assert.That(
                report.Entries.Values.SelectMany(static entry => entry.Data.Values.Select(static value => $"{value}").Append(entry.Description ?? "")),
                Has.None.Contains("c4n4ry"));
            Assert.That(
                recorder.Stopped.SelectMany(static activity => activity.TagObjects.Concat(activity.Events.SelectMany(static one => one.Tags))).Select(static tag => $"{tag.Value}"),
                Has.None.Contains("c4n4ry"));
        }
    }

    [TestCase("api key")]
    [TestCase("basic")]
    [TestCase("provider")]
    [TestCase("assertion")]
    public async Task Everything_ThatIsEmitted_HasNoValueOfWhateverKind(string kind)
    {
        const string Canary = "v4lu3-c4n4ry";
        var encoded = Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes($"shop:{Canary}"));
        _tokens.InTurn(Answer.With(500, Canary), Tokens.Error(401, "invalid_client"), Tokens.Of(Canary));
        _server.Then(401).Then(401).Throws(static () => new HttpRequestException(HttpRequestError.ConnectionError)).Then(200);
        using var recorder = new ActivityRecorder();
        await using var host = TestHost.Build(services =>
        {
            services.AddHealthChecks().AddAmbassadorHealthChecks();
            var client = services.AddAmbassadorClient("orders", options =>
            {
                Insecure(options);
                if (kind == "provider")
                {
                    options.UseCredential(new FixedProvider(AmbassadorCredential.Header("X-Value", Canary, TimeSpan.FromMinutes(1))));
                }
            }).ConfigurePrimaryHttpMessageHandler(() => _server);
            _ = kind switch
            {
                "api key" => client.AddApiKey(static key => key.Keys.Add(Canary)),
                "basic" => client.AddBasic(static basic => (basic.UserName, basic.Password) = ("shop", Canary)),
                "assertion" => client.AddClientCredentials(options =>
                {
                    options.TokenEndpoint = new Uri(_tokens.Uri, "token");
                    (options.ClientId, options.Method) = ("shop", ClientAuthenticationMethod.PrivateKeyJwt);
                    options.UseAssertion(static _ => new(Canary));
                }),
                _ => client,
            };
        });
        using var meter = new MeterRecorder(host);
        await host.StartAsync();
        var failures = new List<string>();
        for (var i = 0; i < 12; i++)
        {
            var call = GetAsync(host, "orders");
            await host.Clock.AdvanceUntilAsync(TimeSpan.FromMilliseconds(5), () => call.IsCompleted);
            failures.Add((await call.FailureAsync())?.ToString() ?? "");
            host.Clock.Advance(TimeSpan.FromSeconds(5));
            meter.All();
        }

        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync().InTime();
        IEnumerable<string> emitted =
        [
            .. host.Logs.Entries.Select(static entry => $"{entry.Message} {entry.Exception}"),
            .. failures,
            .. meter.All().Select(static one => $"{one.Tags}"),
            host.Ambassadors().GetSnapshot("orders").ToString(),
            .. report.Entries.Values.SelectMany(static entry => entry.Data.Values.Select(static value => $"{value}").Append(entry.Description ?? "")),
            .. recorder.Stopped.SelectMany(static activity => activity.TagObjects.Concat(activity.Events.SelectMany(static one => one.Tags))).Select(static tag => $"{tag.Value}"),
        ];
        Assert.That(_server.Requests.Select(static request => request.Headers), Has.Some.Contains(Canary).Or.Some.Contains(encoded), "there was something to tell");
        Assert.That(emitted, Has.None.Contains("c4n4ry").And.None.Contains(encoded));
    }


    private static readonly Uri Items = new("http://server.test/items");

    private static string BasicOf(ServedRequest request) =>
        System.Text.Encoding.ASCII.GetString(Convert.FromBase64String(request.Header("Authorization")!["Basic ".Length..]));

    private static void Insecure(AmbassadorOptions options) => options.Authentication.AllowInsecureCredentials = true;

    private static void Scoped(AmbassadorClientCredentialsOptions options, params string[] scopes)
    {
        foreach (var scope in scopes)
        {
            options.Scopes.Add(scope);
        }
    }

    private static AmbassadorState StateOf(TestHost host, string name) => host.Services.GetRequiredService<AmbassadorCatalog>().GetOrCreate(name);

    private static CredentialSnapshot CredentialOf(TestHost host, string name) => host.Ambassadors().GetSnapshot(name).Credential!;

    private static Task<HttpResponseMessage> GetAsync(TestHost host, string name) => host.CreateClient(name).GetAsync(Items).InTime();

    private static async Task<(HealthStatus Status, string? Description)> HealthAsync(TestHost host)
    {
        var entry = (await host.ReportAsync("ambassador")).Entries["ambassador-orders"];
        return (entry.Status, entry.Description);
    }

    private (string, string?)[] Settings(string secret) =>
    [
        ("Ambassadors:orders:ClientCredentials:TokenEndpoint", new Uri(_tokens.Uri, "token").AbsoluteUri),
        ("Ambassadors:orders:ClientCredentials:ClientId", "client"),
        ("Ambassadors:orders:ClientCredentials:ClientSecret", secret),
    ];

    private void Plain(AmbassadorClientCredentialsOptions options)
    {
        options.TokenEndpoint = new Uri(_tokens.Uri, "token");
        options.ClientId = "client";
        options.ClientSecret ??= Secret;
    }

    private Task TokensAsync(int count) => _tokens.WhenRequestedAsync(count).InTime();

    private void AddClient(IServiceCollection services, string name, Action<AmbassadorClientCredentialsOptions>? configure) =>
        services.AddAmbassadorClient(name, Insecure).AddClientCredentials(configure).ConfigurePrimaryHttpMessageHandler(() => _server);

    private TestHost Build(params IReadOnlyList<(string Name, Action<AmbassadorClientCredentialsOptions> Configure)> clients) => TestHost.Build(services =>
    {
        foreach (var (name, configure) in clients)
        {
            AddClient(services, name, options =>
            {
                configure(options);
                Plain(options);
            });
        }

        services.AddHealthChecks().AddAmbassadorHealthChecks();
    });

    private sealed class Counted : IAmbassadorCredentialProvider
    {
        private int _count;

        public ValueTask<AmbassadorCredential> AcquireAsync(CredentialRequest request, CancellationToken ct) =>
            new(AmbassadorCredential.Header("X-Count", $"{request.AmbassadorName} {Interlocked.Increment(ref _count)}"));
    }

    private sealed class TrackedHandler : DelegatingHandler
    {
        public bool IsDisposed { get; private set; }

        protected override void Dispose(bool disposing)
        {
            IsDisposed = true;
            base.Dispose(disposing);
        }
    }

    private sealed class FixedProvider(AmbassadorCredential credential) : IAmbassadorCredentialProvider
    {
        public ValueTask<AmbassadorCredential> AcquireAsync(CredentialRequest request, CancellationToken ct) => new(credential);
    }
}
