using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace SidecarPatterns.Tests;

/// <summary>A version is looked at as a whole before it is in force, by all validators, on what the application would see.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class ConfigurationAgentValidationTests : FolderTests<TestFolder>
{
    [Test]
    public async Task Validate_OneKeyIsWrong_NothingOfTheVersionIsAdopted()
    {
        await using var host = await StartAsync(
            """{"Shop": {"Limit": 1, "Name": "tea"}}""",
            static options => options.Validate<ShopOptions>("Shop", static shop => shop.Limit <= 10, "the limit is at most 10"));

        Write("""{"Shop": {"Limit": 11, "Name": "milk"}}""");
        var snapshot = await host.LookAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((snapshot.Version, snapshot.Refused > 0), Is.EqualTo((1L, true)));
            Assert.That(snapshot.LastError, Is.EqualTo("section 'Shop': the limit is at most 10"));
            Assert.That((host.Value("Shop:Limit"), host.Value("Shop:Name")), Is.EqualTo(("1", "tea")));
        }

        Write("""{"Shop": {"Limit": 10, "Name": "milk"}}""");
        await host.LookAsync();
        Assert.That((host.Value("Shop:Limit"), host.Value("Shop:Name")), Is.EqualTo(("10", "milk")));
        await host.StopAsync();
    }

    [Test]
    public async Task Validate_NestedClassesAndLists_AreBoundToAFreshInstance()
    {
        var seen = new List<ShopOptions>();
        await using var host = await StartAsync(
            """{"Shop": {"Limit": 1, "Store": {"City": "Bern", "Shelves": [{"Number": 1}, {"Number": 2}]}}}""",
            options => options.Validate<ShopOptions>("Shop", shop =>
            {
                seen.Add(shop);
                return shop.Store.Shelves.TrueForAll(static shelf => shelf.Number > 0);
            }));

        Write("""{"Shop": {"Limit": 1, "Store": {"Shelves": [{"Number": 0}]}}}""");
        var snapshot = await host.LookAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(snapshot.LastError, Is.EqualTo("section 'Shop': it is not valid as ShopOptions"));
            Assert.That(seen.Select(static shop => (shop.Store.City, shop.Store.Shelves.Count)).Distinct(), Is.EqualTo(new[] { ("Bern", 2), (null, 1) }), "nothing is left of the version before");
            Assert.That(seen[0], Is.Not.SameAs(seen[1]));
        }

        await host.StopAsync();
    }

    [Test]
    public async Task Validate_SeveralAreWrong_AllAreTold()
    {
        await using var host = await StartAsync("""{"Shop": {"Limit": 1, "Name": "tea"}}""", static options => options
            .Validate(static candidate => candidate["Shop:Name"] is not null, "the shop has no name")
            .Validate(static candidate => candidate["Shop:Limit"] != "0")
            .Validate<ShopOptions>("Shop", static section => section.Get<ShopOptions>(), new ShopValidator())
            .Validate<ShopOptions>("Missing", static section => section.Exists() ? section.Get<ShopOptions>() : new(), static _ => true));

        Write("""{"Shop": {"Limit": 0}}""");
        var snapshot = await host.LookAsync();

        Assert.That(
            snapshot.LastError, Is.EqualTo("the shop has no name; validator 2 says that it is not valid; section 'Shop': Limit is at least 1; no name"));
        await host.StopAsync();
    }

    [Test]
    public async Task Validate_ValidatorOrBinderThrows_RefusesWithWhatItSays()
    {
        await using var host = await StartAsync("""{"Shop": {"Limit": 1}}""", static options => options
            .Validate(static candidate => candidate["Throw"] is { } message ? throw new FormatException(message) : true)
            .Validate<ShopOptions>("Shop", static _ => true));

        Write("""{"Shop": {"Limit": "many"}, "Throw": "no good"}""");
        var snapshot = await host.LookAsync();

        Assert.That(
            snapshot.LastError, Does.StartWith("FormatException: no good; section 'Shop': InvalidOperationException: Failed to convert configuration value").And.Contains("'Shop:Limit'"));
        await host.StopAsync();
    }

    [Test]
    public async Task Validate_SectionThatTheBindingDoesNotFind_IsMissing()
    {
        await using var host = await StartAsync("""{"Shop": {"Limit": 1}}""", static options => options.Validate(
            "Shop", static section => section.Get<ShopOptions>(), static _ => true));

        Write("{}");

        Assert.That((await host.LookAsync()).LastError, Is.EqualTo("section 'Shop': it is missing"));
        await host.StopAsync();
    }

    [Test]
    public async Task Validate_Candidate_IsTheVersionAtItsPlaceAmongTheSources()
    {
        var seen = new List<string>();
        Write("""{"A": "agent", "B": "agent", "C": "agent"}""");
        await using var host = ConfigurationAgents.Build(
            options => options.FromFile(Folder.File("shop.json")).Validate(candidate =>
            {
                seen.Add($"{candidate["A"]} {candidate["B"]} {candidate["C"]} {candidate.GetSection("Base")["Key"]} {candidate.GetChildren().Count(static child => child.Key.Length == 1)}");
                return true;
            }),
            static builder => builder.Configuration.AddInMemoryCollection([new("A", "before"), new("Base:Key", "before")]),
            static builder => builder.Configuration.AddInMemoryCollection([new("B", "after")]));
        await host.StartReadyAsync();
        Write("""{"B": "agent", "C": "new"}""");
        await host.LookAsync();

        Assert.That(seen, Is.EqualTo(new[] { "agent agent agent before 3", "before after new before 3" }));
        await host.StopAsync();
    }

    [Test]
    public void Validate_FirstVersion_FailsTheStartWithAllOfIt()
    {
        Write("""{"Shop": {"Limit": 0}}""");
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());

        Assert.That(
            () => builder.AddConfigurationSidecar(options => options.FromFile(Folder.File("shop.json")).Validate<ShopOptions>("Shop", new ShopValidator())),
            Throws.TypeOf<ConfigurationAgentException>().With.Message.Contains("section 'Shop': Limit is at least 1; no name. With CopyFile"));
    }

    [Test]
    public async Task Validate_ChangesTheCandidate_IsRefused()
    {
        await using var host = await StartAsync("{}", static options => options.Validate(static candidate =>
        {
            if (candidate["A"] is not null)
            {
                candidate["B"] = "set";
            }

            return true;
        }));
        Write("""{"A": 1}""");

        Assert.That((await host.LookAsync()).LastError, Does.StartWith("NotSupportedException"));
        await host.StopAsync();
    }

    [Test]
    public async Task OptionsMonitor_OneVersion_SeesOneChangeWithAllOfIt()
    {
        var seen = new List<(int Limit, string? Name, long Version)>();
        Write("""{"Shop": {"Limit": 1, "Name": "tea"}}""");
        await using var host = ConfigurationAgents.Build(
            options => options.FromFile(Folder.File("shop.json")),
            after: static builder => builder.Services.Configure<ShopOptions>(builder.Configuration.GetSection("Shop")));
        using var listening = host.Services.GetRequiredService<IOptionsMonitor<ShopOptions>>()
            .OnChange(shop => seen.Add((shop.Limit, shop.Name, host.Agent().GetSnapshot().Version)));
        await host.StartReadyAsync();
        for (var version = 2; version <= 4; version++)
        {
            Write($$$"""{"Shop": {"Limit": {{{version}}}, "Name": "tea {{{version}}}"}}""");
            await host.LookAsync();
        }

        Assert.That(seen, Is.EqualTo(new[] { (2, "tea 2", 2L), (3, "tea 3", 3L), (4, "tea 4", 4L) }));
        await host.StopAsync();
    }

    private void Write(string json) => Folder.Replace("shop.json", json);

    private async Task<TestHost> StartAsync(string first, Action<ConfigurationAgentOptions> configure)
    {
        Write(first);
        var host = ConfigurationAgents.Build(options => configure(options.FromFile(Folder.File("shop.json"))));
        await host.StartReadyAsync();
        return host;
    }

    internal sealed class ShopOptions
    {
        public int Limit { get; set; }

        public string? Name { get; set; }

        public StoreOptions Store { get; set; } = new();

        internal sealed class StoreOptions
        {
            public string? City { get; set; }

            public List<ShelfOptions> Shelves { get; } = [];
        }

        internal sealed class ShelfOptions
        {
            public int Number { get; set; }
        }
    }

    private sealed class ShopValidator : IValidateOptions<ShopOptions>
    {
        public ValidateOptionsResult Validate(string? name, ShopOptions options)
        {
            List<string> failures = [.. options.Limit < 1 ? new[] { "Limit is at least 1" } : [], .. options.Name is null ? new[] { "no name" } : []];
            return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
        }
    }
}
