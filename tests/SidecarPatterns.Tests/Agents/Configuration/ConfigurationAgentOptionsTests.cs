using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SidecarPatterns.Tests;

/// <summary>The agent's options: from its section, then the callback; what is wrong is named, and what changes takes effect.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class ConfigurationAgentOptionsTests : FolderTests<TestFolder>
{
    private static readonly (string Key, string Value, string Problem)[] Wrong =
    [
        ("Interval", "30", "is '30'; allowed is a duration from 00:00:01 to 1.00:00:00, written as [d.]hh:mm:ss[.fff]."),
        ("Interval", "00:00:00", "is 00:00:00; allowed is a duration from 00:00:01 to 1.00:00:00"),
        ("Jitter", "2", "is 2; allowed is a number from 0 to 1."),
        ("Jitter", "NaN", "is NaN; allowed is a number from 0 to 1."),
        ("LongPoll", "1 h", "is '1 h'; allowed is nothing, or a duration from 00:00:01 to 00:10:00"),
        ("LongPoll", "01:00:00", "is 01:00:00; allowed is nothing, or a duration"),
        ("StartupTimeout", "02:00:00", "is 02:00:00; allowed is a duration"),
        ("Optional", "perhaps", "is 'perhaps'; allowed is true or false."),
        ("CopyFile", "folder/", "is 'folder/'; allowed is nothing, or the path of a file."),
        ("MaxSize", "1", "is 1; allowed is a whole number from 1,024 to 1,073,741,824."),
        ("MaxSize", "1 MB", "is '1 MB'; allowed is a whole number"),
        ("AnyContentType", "1", "is '1'; allowed is true or false."),
        ("SettleTime", "00:01:00", "is 00:01:00; allowed is a duration from 00:00:00 to 00:00:10"),
        ("Secrets", "Password", "is 'Password'; allowed is a list of patterns of keys, none of them empty."),
        ("Secrets:0", " ", "is ' '; allowed is a list of patterns of keys"),
        ("Interval:Hours", "1", "is a section of its own; allowed is a duration"),
    ];

    [SetUp]
    public void SetUp() => Folder.Write("shop.json", """{"Limit": 1}""");

    [TestCaseSource(nameof(Wrong))]
    public void Section_WrongValue_IsNamedWithWhatIsAllowed((string Key, string Value, string Problem) wrong)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration[$"Agents:Configuration:{wrong.Key}"] = wrong.Value;

        Assert.That(
            () => builder.AddConfigurationSidecar(options => options.FromFile(Folder.File("shop.json"))),
            Throws.TypeOf<OptionsValidationException>().With.Message.Contains($"Agents:Configuration:{wrong.Key.Split(':')[0]} {wrong.Problem}"));
    }

    [Test]
    public void Section_AllValues_AreBoundBeforeTheCallback()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        var section = new Dictionary<string, string?>
        {
            ["Interval"] = "00:01:00",
            ["jitter"] = "0.5",
            ["LongPoll"] = "00:00:30",
            ["StartupTimeout"] = "00:00:05",
            ["Optional"] = "true",
            ["CopyFile"] = Folder.File("copy"),
            ["MaxSize"] = "2048",
            ["AnyContentType"] = "true",
            ["SettleTime"] = "00:00:01",
            ["Secrets:0"] = "Pin",
            ["Secrets:1"] = "Code",
        };
        builder.Configuration.AddInMemoryCollection(section.Select(static pair => KeyValuePair.Create("Agents:Configuration:" + pair.Key, pair.Value)));
        ConfigurationAgentOptions? bound = null;
        builder.AddConfigurationSidecar(options => bound = options.FromFile(Folder.File("shop.json")));

        Assert.That(
            ConfigurationAgentOptionRules.Table.Rows.Select(rule => rule.Show(bound!)),
            Is.EqualTo(new[] { "00:01:00", "0.5", "00:00:30", "00:00:05", "true", $"'{Folder.File("copy")}'", "2048", "true", "00:00:01", "'Pin', 'Code'" }));
    }

    [Test]
    public void Rules_EveryProperty_HasOne() => Assert.That(
        ConfigurationAgentOptionRules.Table.Rows.Select(static rule => rule.Key), Is.EqualTo(typeof(ConfigurationAgentOptions).GetProperties().Select(static property => property.Name)));

    [Test]
    public async Task Section_UnknownKey_IsWarnedOf()
    {
        await using var host = ConfigurationAgents.Build(
            options => options.FromFile(Folder.File("shop.json")),
            static builder => builder.Configuration.AddInMemoryCollection([new("Agents:Configuration:Intervall", "1"), new("Agents:Configuration:Colour", "1")]));
        await host.StartReadyAsync();

        Assert.That(host.Logs.Named("UnknownAgentOption").Select(static entry => (entry.Level, entry.Message)), Is.EqualTo(new[]
        {
            (LogLevel.Warning, "Agents:Configuration:Colour is not known; known are Interval, Jitter, LongPoll, StartupTimeout, Optional, CopyFile, MaxSize, AnyContentType, SettleTime, Secrets."),
            (LogLevel.Warning, "Agents:Configuration:Intervall is not known; did you mean Interval?"),
        }));
        await host.StopAsync();
    }

    // By a version of its own, even.
    [Test]
    public async Task Section_Changed_TakesEffectAndAWrongOneChangesNothing()
    {
        await using var host = ConfigurationAgents.Build(options => options.FromFile(Folder.File("shop.json")));
        await host.StartReadyAsync();
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(30));

        Folder.Replace("shop.json", """{"Agents": {"Configuration": {"Interval": "00:05:00"}}}""");
        await host.LookAsync();
        await host.Clock.ArmedAsync(TimeSpan.FromMinutes(5));

        Folder.Replace("shop.json", """{"Agents": {"Configuration": {"Interval": "never"}}}""");
        await host.LookAsync();
        await host.LookAsync();
        await host.LookAsync();
        await host.Clock.ArmedAsync(TimeSpan.FromMinutes(5));
        Assert.That(host.Logs.Named("AgentOptionsRefused").Select(static entry => entry.Message).Single(), Does.Contain("Agents:Configuration:Interval is 'never'"));
        await host.StopAsync();
    }

    [Test]
    public void LogEvents_AllOfThem_HaveIdsAndNamesOfTheirOwnAndNoValues()
    {
        var events = typeof(ConfigurationAgentLog).GetMethods(BindingFlags.Static | BindingFlags.Public)
            .Select(static method => (Method: method, Event: method.GetCustomAttribute<LoggerMessageAttribute>()!)).ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(events, Is.Not.Empty);
            Assert.That(events.Select(static row => row.Event.EventId), Is.Unique.And.All.InRange(700, 799));
            Assert.That(events.Select(static row => row.Event.EventName), Is.EqualTo(events.Select(static row => row.Method.Name)));
            Assert.That(
                events.SelectMany(static row => row.Method.GetParameters()).Where(static parameter => parameter.ParameterType == typeof(string)).Select(static parameter => parameter.Name),
                Is.All.AnyOf("sidecar", "source", "problem", "keys"));
        }
    }
}
