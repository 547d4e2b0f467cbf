using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace SidecarPatterns.Tests;

/// <summary>The options of all agents are declared, bound, checked and told of in one way.</summary>
[TestFixture]
internal sealed class AgentOptionTableTests
{
    private static readonly AgentOptionTable<LogSidecarOptions> Log = LogSidecarOptionRules.Table;
    private static readonly AgentOptionTable<MetricsAgentOptions> Metrics = MetricsAgentOptionRules.Table;
    private static readonly AgentOptionTable<ConfigurationAgentOptions> Configuration = ConfigurationAgentOptionRules.Table;

    [Test]
    public void Rows_OfEveryAgent_AreItsProperties()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Log.Rows.Select(static row => row.Key), Is.EqualTo(KeysOf(typeof(LogSidecarOptions))));
            Assert.That(Metrics.Rows.Select(static row => row.Key), Is.EqualTo(KeysOf(typeof(MetricsAgentOptions))));
            Assert.That(Configuration.Rows.Select(static row => row.Key), Is.EqualTo(KeysOf(typeof(ConfigurationAgentOptions))));
        }

        static IEnumerable<string> KeysOf(Type type) => type.GetProperties(BindingFlags.Instance | BindingFlags.Public).SelectMany(static property =>
            property.PropertyType == typeof(LogFileOptions) ? KeysOf(property.PropertyType).Select(key => $"{property.Name}:{key}") : [property.Name]);
    }

    [Test]
    public void Defaults_OfEveryAgent_AreAllowed()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Log.FindFailures("Here", new LogSidecarOptions()), Is.Empty);
            Assert.That(Metrics.FindFailures("Here", new MetricsAgentOptions()), Is.Empty);
            Assert.That(Configuration.FindFailures("Here", new ConfigurationAgentOptions()), Is.Empty);
        }
    }

    // What a message or the README shows of a value can be written into a configuration, and is that value.
    [Test]
    public void Bind_WhatIsShown_IsTheSameValue()
    {
        RoundTrip(Log, new LogSidecarOptions { FlushOnCrash = true, File = { MaxAge = TimeSpan.FromDays(1.5), MaxBytes = 5_000_000_000, Name = "shop" } });
        RoundTrip(Metrics, new MetricsAgentOptions { History = 7, Interval = TimeSpan.FromMilliseconds(100), JsonFile = "/tmp/metrics.jsonl", JsonFileMaxBytes = long.MaxValue });
        RoundTrip(Configuration, new ConfigurationAgentOptions { Jitter = 0.25, LongPoll = TimeSpan.FromSeconds(20), MaxSize = 2048, Optional = true, SettleTime = TimeSpan.Zero });

        static void RoundTrip<TOptions>(AgentOptionTable<TOptions> table, TOptions options)
            where TOptions : new()
        {
            var bound = new TOptions();
            var settings = table.Rows.Select(row => ("Here:" + row.Key, row.Show(options) is var shown && shown == "nothing" ? "" : shown.Trim('\'')));

            Assert.That(table.Bind(Read([.. settings]), "Here", bound), Is.Empty);
            Assert.That(table.Rows.Select(row => row.Show(bound)), Is.EqualTo(table.Rows.Select(row => row.Show(options))));
        }
    }

    [Test]
    public void Bind_EmptyKeys_AreNotSet()
    {
        var options = new LogSidecarOptions();

        Assert.That(Log.Bind(Read([.. Log.Rows.Select(static row => ("Here:" + row.Key, ""))]), "Here", options), Is.Empty);
        Assert.That(Log.Rows.Select(row => row.Show(options)), Is.EqualTo(Log.Rows.Select(static row => row.Show(new LogSidecarOptions()))));
    }

    [Test]
    public void Bind_WrongValues_AreAllNamedAndKeysBelowAValueToo()
    {
        var failures = Log.Bind(Read(("Here:File:MaxFiles", "0"), ("Here:File:MaxBytes:Of", "1"), ("Here:IncludeScopes", "yes")), "Here", new LogSidecarOptions());

        Assert.That(failures, Is.EqualTo(new[]
        {
            "Here:IncludeScopes is 'yes'; allowed is true or false.",
            "Here:File:MaxBytes is a section of its own; allowed is a whole number from 1,024 to 1,099,511,627,776.",
            "Here:File:MaxFiles is '0'; allowed is a whole number from 1 to 100,000.",
        }));
    }

    [TestCase("Here:File:MaxFile", "Here:File:MaxFile is not known; did you mean File:MaxFiles?")]
    [TestCase("Here:Fiel:MaxFiles", "Here:Fiel is not known; known are IncludeScopes, FlushOnCrash, File:Enabled,")]
    [TestCase("Here:IncludeSocpes", "Here:IncludeSocpes is not known; did you mean IncludeScopes?")]
    [TestCase("Here", "Here is 'x', which is not used; known keys below it are IncludeScopes,")]
    public void FindUnknown_KeyOfNobody_IsToldWithWhatWasMeant(string key, string expected) =>
        Assert.That(Log.FindUnknown(Read((key, "x")), "Here", "LogLevel").Single(), Does.StartWith(expected));

    [TestCase("Here:file:maxfiles")]
    [TestCase("Here:LogLevel:Default")]
    public void FindUnknown_KeyOfSomebody_IsNotTold(string key) => Assert.That(Log.FindUnknown(Read((key, "x")), "Here", "LogLevel"), Is.Empty);

    private static IConfigurationSection Read(params IEnumerable<(string Key, string Value)> settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(static setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build().GetSection("Here");
}
