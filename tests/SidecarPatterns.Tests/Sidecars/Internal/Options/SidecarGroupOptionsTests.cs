using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SidecarPatterns.Tests;

/// <summary>The options of a group: from their section and from code, checked as those of a sidecar are.</summary>
[TestFixture]
internal sealed class SidecarGroupOptionsTests
{
    [Test]
    public void Create_NothingSet_HasTheDefaultsOfASidecar()
    {
        var options = Create();
        var sidecar = new SidecarOptions();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(options.RestartDelay, Is.EqualTo(sidecar.RestartDelay));
            Assert.That(options.MaxRestartDelay, Is.EqualTo(sidecar.MaxRestartDelay));
            Assert.That(options.MaxRestarts, Is.EqualTo(sidecar.MaxRestarts));
            Assert.That(options.HealthyAfter, Is.EqualTo(sidecar.HealthyAfter));
        }
    }

    [Test]
    public void Create_EveryKey_SetsEveryPropertyAndHasARule()
    {
        var options = Create(
            ("SidecarGroups:trio:RestartDelay", "00:00:02"),
            ("SidecarGroups:trio:MaxRestartDelay", "00:00:03"),
            ("SidecarGroups:trio:MaxRestarts", "4"),
            ("SidecarGroups:TRIO:HealthyAfter", "00:00:05"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(options.RestartDelay, Is.EqualTo(TimeSpan.FromSeconds(2)));
            Assert.That(options.MaxRestartDelay, Is.EqualTo(TimeSpan.FromSeconds(3)));
            Assert.That(options.MaxRestarts, Is.EqualTo(4));
            Assert.That(options.HealthyAfter, Is.EqualTo(TimeSpan.FromSeconds(5)));
            Assert.That(
                SidecarGroupOptionRules.Table.Keys, Is.EquivalentTo(typeof(SidecarGroupOptions).GetProperties().Select(static property => property.Name)));
        }
    }

    [TestCase("MaxRestarts", "-1", "SidecarGroups:trio:MaxRestarts is -1; allowed is a whole number from 0 to 1,000,000.")]
    [TestCase("MaxRestarts", "many", "SidecarGroups:trio:MaxRestarts is 'many'; allowed is a whole number from 0 to 1,000,000.")]
    [TestCase("HealthyAfter", "10", "SidecarGroups:trio:HealthyAfter is '10'; allowed is a duration from 00:00:00 to 49.00:00:00, written as [d.]hh:mm:ss[.fff].")]
    [TestCase(
        "MaxRestartDelay", "00:00:00.5", "SidecarGroups:trio:MaxRestartDelay is 00:00:00.5000000; allowed is a duration from RestartDelay, which is 00:00:01, to 49.00:00:00.")]
    public void Create_WrongValue_NamesKeyValueAndWhatIsAllowed(string key, string value, string failure) =>
        Assert.That(
            () => Create(($"SidecarGroups:trio:{key}", value)), Throws.TypeOf<OptionsValidationException>().With.Property("Failures").EqualTo(new[] { failure }));

    [Test]
    public void ValidateAndConfigure_NoName_AreThoseOfNoGroup()
    {
        using var services = new ServiceCollection().BuildServiceProvider();
        var options = new SidecarGroupOptions { MaxRestarts = -1 };
        new SidecarGroupOptionsSetup(services).Configure(options);
        new SidecarGroupOptionsSetup(services).Configure("trio", options);
        Assert.That(new SidecarGroupOptionsValidator().Validate(name: null, options).Skipped);
        Assert.That(options.MaxRestarts, Is.EqualTo(-1));
    }

    [Test]
    public async Task Start_WrongOptionsOfSeveralGroups_NamesThemAllAndNothingStarts()
    {
        var script = new Script<First>();
        await using var host = TestHost.BuildWith(builder =>
        {
            builder.Configuration.AddInMemoryCollection([new("SidecarGroups:a:MaxRestarts", "x")]);
            builder.Services.AddSidecarGroup("a");
            builder.Services.AddSidecarGroup("b", configure: static options => options.MaxRestarts = -2);
            builder.Services.AddRun(script, "first");
        });
        var failure = await host.Host.StartAsync().FailureAsync();
        Assert.That(failure, Is.TypeOf<OptionsValidationException>().With.Property("Failures").Count.EqualTo(2));
        Assert.That(script.Created, Is.Zero);
    }

    [Test]
    public async Task Start_UnknownKeysAndGroups_WarnsWithTheNearestKnown()
    {
        await using var host = TestHost.BuildWith(static builder =>
        {
            builder.Configuration.AddInMemoryCollection([new("SidecarGroups:trio:MaxRestart", "1"), new("SidecarGroups:tiro:MaxRestarts", "1")]);
            builder.Services.AddSidecarGroup("trio");
        });
        await host.StartAsync();
        Assert.That(host.Logs.Named("ConfigurationProblem").Select(static entry => entry.Message), Is.EquivalentTo(new[]
        {
            "SidecarGroups:trio:MaxRestart is not known; did you mean MaxRestarts?",
            "SidecarGroups:tiro names no group; did you mean trio?",
        }));
        await host.StopAsync();
    }

    private static SidecarGroupOptions Create(params (string Key, string Value)[] settings)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(static setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)))
            .Build());
        services.AddSidecarGroup("trio");
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptionsFactory<SidecarGroupOptions>>().Create("trio");
    }
}
