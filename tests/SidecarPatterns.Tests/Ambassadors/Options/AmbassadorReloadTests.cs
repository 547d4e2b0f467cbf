using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests;

/// <summary>What a change of the configuration does while the host runs.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(170_000)]
internal sealed class AmbassadorReloadTests : IDisposable
{
    private readonly ReloadableConfiguration _configuration = new();
    private readonly ScriptedHandler _server = new();

    public void Dispose() => _server.Dispose();

    [Test]
    public async Task Change_Allowed_TakesEffectWithTheNextCallAndIsTold()
    {
        await using var host = await StartAsync();

        _configuration.Change(("Ambassadors:prices:Retry:MaxAttempts", "2"), ("Ambassadors:prices:Timeout", "00:00:07"));
        var before = _server.Requests.Count;
        (await host.GetAsync("prices").InTime()).Dispose();

        Assert.That(_server.Requests.Count - before, Is.EqualTo(2));
        Assert.That(
            host.Logs.Named("AmbassadorOptionsChanged").Select(static entry => entry.Message),
            Is.EqualTo(["Ambassador 'prices' has new options: Timeout = 00:00:07, Retry:MaxAttempts = 2."]));
    }

    [Test]
    public async Task Change_OfTheAddress_IsToldWithoutItsPath()
    {
        await using var host = await StartAsync();

        _configuration.Change(("Ambassadors:prices:BaseAddress", "https://hooks.test/secret/?also=secret"));

        Assert.That(
            host.Logs.Named("AmbassadorOptionsChanged").Select(static entry => entry.Message),
            Is.EqualTo(["Ambassador 'prices' has new options: BaseAddress = 'https://hooks.test'."]));
        Assert.That(host.CreateClient("prices").BaseAddress, Is.EqualTo(new Uri("https://hooks.test/secret/?also=secret")));
    }

    [Test]
    public async Task Change_NotAllowed_KeepsTheLastGoodAndIsToldOnce()
    {
        await using var host = await StartAsync();
        _configuration.Change(("Ambassadors:prices:Retry:MaxAttempts", "2"));

        _configuration.Change(("Ambassadors:prices:Retry:MaxAttempts", "0"));
        _configuration.Change(("Ambassadors:prices:Retry:MaxAttempts", "0"));
        var before = _server.Requests.Count;
        (await host.GetAsync("prices").InTime()).Dispose();

        Assert.That(_server.Requests.Count - before, Is.EqualTo(2));
        var told = host.Logs.Named("AmbassadorOptionsRefused");
        Assert.That(told, Has.Count.EqualTo(1));
        Assert.That(told[0].Level, Is.EqualTo(LogLevel.Error));
        Assert.That(told[0].Message, Does.Contain("Ambassadors:prices:Retry:MaxAttempts is 0; allowed is a whole number from 1 to 100."));

        _configuration.Change(("Ambassadors:prices:Retry:MaxAttempts", "1"));
        _configuration.Change(("Ambassadors:prices:Retry:MaxAttempts", "0"));
        Assert.That(host.Logs.Named("AmbassadorOptionsRefused"), Has.Count.EqualTo(2), "it was right meanwhile");
    }

    [Test]
    public async Task Change_Unreadable_KeepsTheLastGoodOfAll()
    {
        await using var host = await StartAsync();

        _configuration.Change(("Ambassadors:prices:Retry:MaxAttempts", "2"), ("Ambassadors:prices:Timeout", "soon"));

        Assert.That(OptionsOf(host).Retry.MaxAttempts, Is.EqualTo(3));
        Assert.That(host.Logs.Named("AmbassadorOptionsRefused"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Change_Network_IsToldOnce()
    {
        await using var host = await StartAsync();

        _configuration.Change(("Ambassadors:prices:Network:ConnectTimeout", "00:00:09"));
        _configuration.Change(("Ambassadors:prices:Timeout", "00:00:09"));

        Assert.That(
            host.Logs.Named("AmbassadorConfigurationProblem").Select(static entry => entry.Message),
            Is.EqualTo(["Ambassadors:prices:Network:ConnectTimeout is 00:00:09 now; it takes effect with the next handler that is built."]));
    }

    [Test]
    public async Task Change_NameOfTheBudget_StaysAndIsToldOnce()
    {
        await using var host = await StartAsync();

        _configuration.Change(("Ambassadors:prices:RetryBudget:Name", "shared"));
        _configuration.Change(("Ambassadors:prices:Timeout", "00:00:09"));

        Assert.That(OptionsOf(host).RetryBudget.Name, Is.Null);
        Assert.That(
            host.Logs.Named("AmbassadorConfigurationProblem").Select(static entry => entry.Message),
            Is.EqualTo(["Ambassadors:prices:RetryBudget:Name is 'shared' now, but can not change while the host runs: it stays nothing until the host is started anew."]));
        Assert.That(host.Logs.Named("AmbassadorOptionsChanged").Select(static entry => entry.Message), Is.EqualTo(["Ambassador 'prices' has new options: Timeout = 00:00:09."]));
    }

    [Test]
    public async Task Change_UnknownKey_IsToldOnce()
    {
        await using var host = await StartAsync();

        _configuration.Change(("Ambassadors:prices:Timout", "00:00:07"));
        _configuration.Change(("Ambassadors:prices:Timeout", "00:00:09"));

        Assert.That(host.Logs.Named("AmbassadorConfigurationProblem"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Change_CredentialComesAndNoHostIsNamed_IsToldOnce()
    {
        await using var host = await StartAsync();
        (await host.GetAsync("prices").InTime()).Dispose();
        Assert.That(host.Logs.Named("CredentialIsUnbound"), Is.Empty, "there is none");

        _configuration.Change(("Ambassadors:prices:ApiKey:Keys:0", "key"));
        _configuration.Change(("Ambassadors:prices:ApiKey:Keys:0", "other"));

        Assert.That(host.Logs.Named("CredentialIsUnbound"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Change_HostIsDisposedOfAndTheConfigurationIsNot_IsReadByNobody()
    {
        var configuration = new ConfigurationBuilder().Add(_configuration).Build();
        var host = TestHost.Build(services =>
        {
            services.AddSingleton<IConfiguration>(configuration);
            services.AddAmbassadorClient("prices");
        });
        await host.StartAsync();
        _configuration.Change(("Ambassadors:prices:Timeout", "00:00:07"));
        Assert.That(host.Logs.Named("AmbassadorOptionsChanged"), Has.Count.EqualTo(1));
        await host.DisposeAsync();

        _configuration.Change(("Ambassadors:prices:Timeout", "00:00:08"));

        Assert.That(host.Logs.Entries.Where(static entry => entry.Event.Name!.StartsWith("AmbassadorOptions", StringComparison.Ordinal)), Has.Exactly(1).Items);
    }

    [Test]
    public async Task Change_WhileTheCircuitIsOpen_StaysOpenAndCountsGoOn()
    {
        await using var host = await StartAsync();
        var client = host.CreateClient("prices");
        while (host.Ambassadors().GetSnapshot("prices").Circuit == CircuitState.Closed)
        {
            (await client.GetAsync(new Uri("http://server.test/")).InTime()).Dispose();
        }

        var before = host.Ambassadors().GetSnapshot("prices");
        _configuration.Change(("Ambassadors:prices:CircuitBreaker:Window", "00:00:10"), ("Ambassadors:prices:Timeout", "00:00:10"));

        var after = host.Ambassadors().GetSnapshot("prices");
        Assert.That((after.Circuit, after.CircuitSince, after.Calls), Is.EqualTo((CircuitState.Open, before.CircuitSince, before.Calls)));
        Assert.That(await client.GetAsync(new Uri("http://server.test/")).FailureAsync(), Is.TypeOf<AmbassadorCircuitOpenException>());
    }

    [Test]
    public async Task Change_CallsUnderWay_KeepWhatTheyBeganWith()
    {
        await using var host = await StartAsync();
        var held = new SyncPoint();
        _server.Then(async (_, ct) =>
        {
            await held.PassAsync(ct);
            return ScriptedHandler.Response(500);
        }).Then(500);
        var call = host.GetAsync("prices");
        await Eventually.HoldsAsync(() => _server.Requests.Count == 2);

        _configuration.Change(("Ambassadors:prices:Retry:MaxAttempts", "1"));
        held.Release();
        (await call.InTime()).Dispose();

        Assert.That(_server.Requests, Has.Count.EqualTo(3));
    }

    [Test]
    public async Task Change_OfTheSecondMemberOfABudget_LeavesTheSettingsOfTheFirst()
    {
        _configuration.Change(
            ("Ambassadors:first:RetryBudget:Name", "shared"),
            ("Ambassadors:first:RetryBudget:Capacity", "10"),
            ("Ambassadors:second:RetryBudget:Name", "shared"),
            ("Ambassadors:second:RetryBudget:Capacity", "5"));
        await using var host = _configuration.BuildHost(static services =>
        {
            services.AddAmbassadorClient("first");
            services.AddAmbassadorClient("second");
        });
        await host.StartAsync();

        _configuration.Change(("Ambassadors:second:Timeout", "00:00:09"));
        Assert.That(host.Ambassadors().GetSnapshots().Select(static snapshot => snapshot.BudgetLeft), Is.All.EqualTo(10));
        _configuration.Change(("Ambassadors:first:RetryBudget:Capacity", "3"));

        Assert.That(host.Ambassadors().GetSnapshots().Select(static snapshot => snapshot.BudgetLeft), Is.All.EqualTo(3));
    }

    private async Task<TestHost> StartAsync()
    {
        _server.Then(500);
        var host = _configuration.BuildHost(services => services
            .AddAmbassadorClient("prices", static options => (options.Retry.Delay, options.RetryBudget.Capacity) = (TimeSpan.Zero, 1_000))
            .ConfigurePrimaryHttpMessageHandler(() => _server));
        await host.StartAsync();
        return host;
    }

    private static AmbassadorOptions OptionsOf(TestHost host) =>
        host.Services.GetRequiredService<AmbassadorCatalog>().GetOrCreate("prices").Settings.Options;
}
