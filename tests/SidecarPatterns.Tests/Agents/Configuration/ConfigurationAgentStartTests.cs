using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace SidecarPatterns.Tests;

/// <summary>The first version is there when the registration returns, or the application does not start, or starts with what it may.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class ConfigurationAgentStartTests : FolderTests<TestFolder>
{
    [Test]
    public async Task FromFile_AtTheRegistration_IsThereForWhatIsRegisteredNext()
    {
        string? seen = null;
        Folder.Write("shop.json", """{"Shop": {"Limit": 7, "Names": ["tea", "milk"]}}""");
        await using var host = ConfigurationAgents.Build(
            options => options.FromFile(Folder.File("shop.json")),
            after: builder => seen = builder.Configuration["Shop:Limit"]);
        var snapshot = host.AgentSnapshot();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(seen, Is.EqualTo("7"));
            Assert.That(host.Configuration().GetSection("Shop:Names").Get<string[]>(), Is.EqualTo(new[] { "tea", "milk" }));
            Assert.That((snapshot.Version, snapshot.Keys, snapshot.IsCurrent, snapshot.IsCopy, snapshot.LastError), Is.EqualTo((1L, 3, true, false, (string?)null)));
            Assert.That((snapshot.Adopted, snapshot.Looks), Is.EqualTo((1L, 1L)));
            Assert.That(snapshot.Source, Does.StartWith("file '"));
            Assert.That(snapshot.Time, Is.EqualTo(host.Clock.GetUtcNow()));
            Assert.That(snapshot.Hash, Has.Length.EqualTo(64));
        }
    }

    [Test]
    public async Task FromFolder_JsonAndKeysPerFile_AreOneVersion()
    {
        Folder.Write("shop.json", """{"Shop": {"Limit": 7}}""");
        Folder.Write("Shop__Password", "canary\n");
        Folder.Write("Shop__Text", "two\nlines\r\n");
        Folder.Write(".hidden", "no key");
        Directory.CreateDirectory(Folder.File("folder"));
        await using var host = ConfigurationAgents.Build(options => options.FromFolder(Folder.Path));

        Assert.That(
            host.Configuration().GetSection("Shop").AsEnumerable(makePathsRelative: true),
            Is.EquivalentTo(new Dictionary<string, string?> { ["Limit"] = "7", ["Password"] = "canary", ["Text"] = "two\nlines" }));
    }

    [Test]
    public void FromFolder_AKeyInTwoFiles_IsRefusedAndTheFileNamed()
    {
        Folder.Write("a.json", """{"Shop": {"Limit": 7}}""");
        Folder.Write("b.json", """{"shop": {"limit": 8}}""");

        Assert.That(
            () => ConfigurationAgents.Build(options => options.FromFolder(Folder.Path)),
            Throws.TypeOf<ConfigurationAgentException>().With.Message.Contains("file 'b.json': it has the key 'shop:limit' twice"));
    }

    [Test]
    public void FromFile_Missing_FailsTheStartAndLeavesNothingBehind()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton<TimeProvider>(new TestClock());
        var (services, sources) = (builder.Services.Count, builder.Configuration.Sources.Count);

        // Who waits for it would have to wait for ever: time stands still.
        var adding = Task.Run(() => builder.AddConfigurationSidecar(options => options.FromFile(Folder.File("shop.json")).CopyFile = Folder.File("copy")));
        var clock = (TestClock)builder.Services.Last().ImplementationInstance!;
        Assert.That(
            async () =>
            {
                await clock.AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => adding.IsCompleted);
                await adding;
            },
            Throws.TypeOf<ConfigurationAgentException>()
                .With.Message.Contains("nothing within StartupTimeout (00:00:30); before that: it can not be read (FileNotFoundException). Nor from its copy")
                .And.Property("AgentName").EqualTo("configuration-agent"));
        Assert.That((builder.Services.Count, builder.Configuration.Sources.Count), Is.EqualTo((services, sources)));
    }

    [Test]
    public async Task FromFile_MissingAtFirst_IsWaitedFor()
    {
        var clock = new TestClock();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton<TimeProvider>(clock);
        var adding = Task.Run(() => builder.AddConfigurationSidecar(options => options.FromFile(Folder.File("shop.json"))));

        await clock.ArmedAsync(TimeSpan.FromSeconds(1));
        Folder.Write("shop.json", """{"Limit": 7}""");
        await clock.PassAsync(TimeSpan.FromSeconds(1));
        await adding.InTime();

        Assert.That(builder.Configuration["Limit"], Is.EqualTo("7"));
    }

    [Test]
    public async Task Optional_NoVersion_StartsDegradedAndGetsItLater()
    {
        var folder = Directory.CreateDirectory(Folder.File("later")).FullName;
        Directory.Delete(folder);
        var building = Task.Run(() => ConfigurationAgents.Build(
            options =>
            {
                options.FromFolder(folder).Optional = true;
                options.StartupTimeout = TimeSpan.FromTicks(1);
            },
            builder => ((TestClock)builder.Services.Last(static service => service.ServiceType == typeof(TimeProvider)).ImplementationInstance!).AutoAdvanceAmount = TimeSpan.FromSeconds(1)));
        await using var host = await building.InTime();
        await host.StartReadyAsync();
        await Eventually.HoldsAsync(() => host.AgentSnapshot().Failed > 1, "the sidecar has looked");
        using (Assert.EnterMultipleScope())
        {
            Assert.That((host.AgentSnapshot().Version, host.AgentSnapshot().Hash), Is.EqualTo((0L, (string?)null)));
            Assert.That(await host.AgentHealthAsync(), Is.EqualTo(HealthStatus.Degraded));
            Assert.That(host.Logs.Named("StartedWithoutVersion"), Has.Count.EqualTo(1));
        }

        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "Limit"), "7");
        var snapshot = await host.LookAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((snapshot.Version, host.Value("Limit")), Is.EqualTo((1L, "7")));
            Assert.That(await host.AgentHealthAsync(), Is.EqualTo(HealthStatus.Healthy));
        }

        await host.StopAsync();
    }

    [Test]
    public async Task FromHttp_TheFirstAnswersFail_IsAskedAgainWithinTheStartupTimeout()
    {
        await using var server = ScriptedServer.Start().InTurn(
            Answer.With(500), Answer.With(500), Answer.With(500), Answer.With(200, """{"Limit": 7}""", ("Content-Type", "application/json")));
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.AddConfigurationSidecar(options => options.FromHttp(server.Uri));

        Assert.That((builder.Configuration["Limit"], server.Requests), Is.EqualTo(("7", 4)), "three attempts of one call, and another call");
    }

    [Test]
    public async Task FromHttp_TooSlow_FailsTheStartWithinTheStartupTimeout()
    {
        await using var server = ScriptedServer.Start().Answers(Answer.Stall);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        var clock = new TestClock();
        builder.Services.AddSingleton<TimeProvider>(clock);
        var adding = Task.Run(() => builder.AddConfigurationSidecar(options => options.FromHttp(server.Uri).StartupTimeout = TimeSpan.FromSeconds(5)));

        await server.WhenRequestedAsync(1);
        await clock.PassAsync(TimeSpan.FromSeconds(5));

        Assert.That(await adding.FailureAsync(), Is.TypeOf<ConfigurationAgentException>().With.Message.Contains("nothing within StartupTimeout (00:00:05)"));
    }

    [TestCase(404, "it answered 404")]
    [TestCase(403, "it answered 403")]
    [TestCase(304, "it answered 304")]
    [TestCase(204, "it answered 204")]
    public async Task FromHttp_NoDocument_FailsTheStartAtOnce(int status, string problem)
    {
        await using var server = ScriptedServer.Start().Answers(status);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());

        Assert.That(
            () => builder.AddConfigurationSidecar(options => options.FromHttp(new Uri(server.Uri, "canary?token=canary"))),
            Throws.TypeOf<ConfigurationAgentException>().With.Message.Contains($"gets no first version of {server.Uri.GetLeftPart(UriPartial.Authority)}: {problem}. With CopyFile")
                .And.Message.Not.Contains("canary"));
        Assert.That(server.Requests, Is.EqualTo(1));
    }

    [Test]
    public void FromHttp_WrongOptionOfItsAmbassador_IsToldAsOfEveryAmbassador()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration["Ambassadors:configuration-agent:Timeout"] = "soon";

        Assert.That(
            () => builder.AddConfigurationSidecar(static options => options.FromHttp(new Uri("http://localhost"))),
            Throws.TypeOf<OptionsValidationException>().With.Message.Contains("Ambassadors:configuration-agent:Timeout is 'soon'"));
    }

    [Test]
    public async Task FromHttp_CredentialInTheConfiguration_IsSentWithTheFirstRequestAndTheNext()
    {
        await using var server = ScriptedServer.Start().Answers(200, "{}", ("Content-Type", "application/json"));
        await using var host = ConfigurationAgents.Build(
            options => options.FromHttp(server.Uri),
            static builder => builder.Configuration["Ambassadors:configuration-agent:ApiKey:Keys:0"] = "the key");
        await host.StartReadyAsync();
        await host.LookAsync();

        Assert.That(server.Served.Select(static request => request.Header("X-Api-Key")), Is.All.EqualTo("the key"));
        await host.StopAsync();
    }

    [Test]
    public async Task FromHttp_EgressForbidsTheAddress_IsNotAsked()
    {
        await using var server = ScriptedServer.Start().Answers(200, "{}", ("Content-Type", "application/json"));
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());

        Assert.That(
            () => builder.AddConfigurationSidecar(options => options.FromHttp(server.Uri, static ambassador => ambassador.Egress.Profile = EgressProfile.Public)),
            Throws.TypeOf<ConfigurationAgentException>().With.Message.Contains("its address may not be called (").And.InnerException.TypeOf<AmbassadorEgressException>());
        Assert.That(server.Connections, Is.Zero);
    }

    [TestCase("ftp://localhost/")]
    [TestCase("http://user:password@localhost/")]
    [TestCase("config.json")]
    public void FromHttp_NoAddressOfARepository_Throws(string address) => Assert.That(
        () => new ConfigurationAgentOptions().FromHttp(new Uri(address, UriKind.RelativeOrAbsolute)),
        Throws.ArgumentException.With.Message.Not.Contains("password"));

    [Test]
    public void Registration_WithoutASourceOrWithTwo_Throws()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => builder.AddConfigurationSidecar(static _ => { }), Throws.InvalidOperationException.With.Message.Contains("needs a source"));
            Assert.That(
                () => builder.AddConfigurationSidecar(static options => options.FromFile("a").FromFolder("b")), Throws.InvalidOperationException.With.Message.Contains("has one source"));
        }
    }

    [Test]
    public async Task Registration_Twice_NeedsANameOfItsOwn()
    {
        Folder.Write("a.json", """{"A": "first", "B": "first"}""");
        Folder.Write("b.json", """{"B": "second"}""");
        await using var host = ConfigurationAgents.Build(
            options => options.FromFile(Folder.File("a.json")),
            after: builder =>
            {
                builder.AddConfigurationSidecar("overrides", options => options.FromFile(Folder.File("b.json")));
                Assert.That(
                    () => builder.AddConfigurationSidecar("Overrides", options => options.FromFile(Folder.File("b.json"))),
                    Throws.ArgumentException.With.Message.Contains("'Overrides'"));
            });

        using (Assert.EnterMultipleScope())
        {
            Assert.That((host.Value("A"), host.Value("B")), Is.EqualTo(("first", "second")));
            Assert.That(host.Agent().Name, Is.EqualTo("configuration-agent"));
            Assert.That(host.Services.GetRequiredKeyedService<IConfigurationAgent>("overrides").GetSnapshot().Keys, Is.EqualTo(1));
        }
    }

    [Test]
    public async Task Sources_BeforeAndAfter_KeepTheirPlaces()
    {
        Folder.Write("shop.json", """{"Before": "agent", "After": "agent"}""");
        await using var host = ConfigurationAgents.Build(
            options => options.FromFile(Folder.File("shop.json")),
            static builder => builder.Configuration.AddInMemoryCollection([new("Before", "before"), new("Only", "before")]),
            static builder => builder.Configuration.AddInMemoryCollection([new("After", "after")]));
        await host.StartReadyAsync();
        Assert.That((host.Value("Before"), host.Value("After"), host.Value("Only")), Is.EqualTo(("agent", "after", "before")));

        Folder.Replace("shop.json", """{"After": "agent", "Only": "agent"}""");
        await host.LookAsync();
        Assert.That((host.Value("Before"), host.Value("After"), host.Value("Only")), Is.EqualTo(("before", "after", "agent")));
        await host.StopAsync();
    }

    [Test]
    public async Task Sources_AddedOrReloadedLater_LoseNothingOfTheAgents()
    {
        Folder.Write("shop.json", """{"Limit": 7}""");
        await using var host = ConfigurationAgents.Build(options => options.FromFile(Folder.File("shop.json")));
        var root = (IConfigurationRoot)host.Configuration();

        root.Reload();
        ((IConfigurationBuilder)root).Sources.Insert(0, new Microsoft.Extensions.Configuration.Memory.MemoryConfigurationSource());

        Assert.That(host.Value("Limit"), Is.EqualTo("7"));
    }

    [Test]
    public async Task Sidecar_ByDefault_IsOptionalUnlessItsSectionSaysOtherwise()
    {
        Folder.Write("shop.json", "{}");
        await using var optional = ConfigurationAgents.Build(options => options.FromFile(Folder.File("shop.json")));
        await using var critical = ConfigurationAgents.Build(
            options => options.FromFile(Folder.File("shop.json")),
            static builder => builder.Configuration["Sidecars:configuration-agent:Critical"] = "true");

        Assert.That((optional.Snapshot(AgentNames.Configuration).Critical, critical.Snapshot(AgentNames.Configuration).Critical), Is.EqualTo((false, true)));
    }
}
