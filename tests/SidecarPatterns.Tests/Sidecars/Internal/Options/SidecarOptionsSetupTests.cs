using System.Text;
using System.Threading.Channels;
using CsCheck;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SidecarPatterns.Tests;

[TestFixture]
internal sealed class SidecarOptionsSetupTests
{
    private const string Alphabet = "0123456789:.-+, \tabefilnorstuwABDFNOSWTx";

    [Test]
    public void Configure_NoConfigurationInContainer_KeepsDefaults()
    {
        using var services = new ServiceCollection().BuildServiceProvider();
        var options = new SidecarOptions();

        new SidecarOptionsSetup(services).Configure("audit", options);

        Assert.That(Values(options), Is.EqualTo(Values(new SidecarOptions())));
    }

    [Test]
    public void Configure_SectionOfAnotherSidecar_KeepsDefaults() =>
        Assert.That(Values(Bind(("Sidecars:mailer:Capacity", "7"), ("Sidecars:Capacity", "8"))), Is.EqualTo(Values(new SidecarOptions())));

    [TestCase(null)]
    [TestCase("")]
    public void Configure_NoName_KeepsDefaults(string? name)
    {
        using var services = Services(("Sidecars:Capacity", "7"), ("Sidecars::Capacity", "7"));
        var options = new SidecarOptions();

        new SidecarOptionsSetup(services).Configure(name, options);
        new SidecarOptionsSetup(services).Configure(options);

        Assert.That(options.Capacity, Is.EqualTo(1024));
    }

    [Test]
    public void Configure_EveryKey_SetsEveryProperty()
    {
        var options = Bind(
            ("Sidecars:audit:Capacity", "7"),
            ("Sidecars:audit:CapacityInBytes", "5000000000"),
            ("Sidecars:audit:FullMode", "DropWrite"),
            ("Sidecars:audit:Critical", "false"),
            ("Sidecars:audit:SetExitCode", "false"),
            ("Sidecars:audit:WaitForSignal", "true"),
            ("Sidecars:audit:StartupTimeout", "00:00:01"),
            ("Sidecars:audit:DrainTimeout", "00:00:02"),
            ("Sidecars:audit:HandlerTimeout", "00:00:03"),
            ("Sidecars:audit:ReplyTimeout", "00:00:09"),
            ("Sidecars:audit:Concurrency", "4"),
            ("Sidecars:audit:BatchSize", "3"),
            ("Sidecars:audit:BatchDelay", "00:00:09"),
            ("Sidecars:audit:BatchInterval", "00:00:00.005"),
            ("Sidecars:audit:MaxAttempts", "5"),
            ("Sidecars:audit:RetryDelay", "00:00:06"),
            ("Sidecars:audit:MaxRetryDelay", "00:00:07"),
            ("Sidecars:audit:Pipeline", "slow-store"),
            ("Sidecars:audit:MaxAge", "00:00:08"),
            ("Sidecars:audit:ScopePerMessage", "true"),
            ("Sidecars:audit:MaxRate", "2.5"),
            ("Sidecars:audit:Isolation", "DedicatedThread"),
            ("Sidecars:audit:Priority", "High"),
            ("Sidecars:audit:StuckAfter", "00:00:10"),
            ("Sidecars:audit:RestartWhenStuck", "true"),
            ("Sidecars:audit:MaxAbandoned", "2"),
            ("Sidecars:audit:DeadLetterCapacity", "8"),
            ("Sidecars:audit:RestartPolicy", "Never"),
            ("Sidecars:audit:RestartDelay", "00:00:04"),
            ("Sidecars:audit:MaxRestartDelay", "00:00:05"),
            ("Sidecars:audit:MaxRestarts", "9"),
            ("Sidecars:audit:HealthyAfter", "1.02:03:04.5"));

        Assert.That(Values(options), Is.EqualTo(new object[]
        {
            7, 5_000_000_000, BoundedChannelFullMode.DropWrite, false, false, true,
            TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(9),
            4, 3, TimeSpan.FromSeconds(9), TimeSpan.FromMilliseconds(5), 5, TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(7), "slow-store", TimeSpan.FromSeconds(8),
            true, 2.5, SidecarIsolation.DedicatedThread, SidecarPriority.High, TimeSpan.FromSeconds(10), true, 2, 8, RestartPolicy.Never,
            TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(5), 9, new TimeSpan(1, 2, 3, 4, 500),
        }));
    }

    [Test]
    public void Configure_KeysInAnyCase_AreBound() => Assert.That(Bind(("SIDECARS:Audit:capacity", "7")).Capacity, Is.EqualTo(7));

    [Test]
    public void Configure_WrongText_NamesKeyTextAndWhatIsAllowed()
    {
        var exception = Assert.Throws<OptionsValidationException>(() => Bind(("Sidecars:audit:Capacity", "abc")));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(exception.Message, Is.EqualTo("Sidecars:audit:Capacity is 'abc'; allowed is a whole number from 1 to 67,108,864."));
            Assert.That(exception.OptionsName, Is.EqualTo("audit"));
            Assert.That(exception.OptionsType, Is.EqualTo(typeof(SidecarOptions)));
        }
    }

    [TestCaseSource(typeof(SidecarOptionCase), nameof(SidecarOptionCase.All))]
    public void Configure_Garbage_IsReported(SidecarOptionCase option)
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (var text in option.Garbage)
            {
                Assert.That(
                    FailuresOf(($"Sidecars:audit:{option.Key}", text)),
                    Is.EqualTo([$"Sidecars:audit:{option.Key} is '{text}'; allowed is {option.Allowed}."]));
            }
        }
    }

    [TestCaseSource(typeof(SidecarOptionCase), nameof(SidecarOptionCase.All))]
    public void Configure_OutOfRangeAlone_IsLeftToTheValidator(SidecarOptionCase option)
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (var text in option.BadTexts)
            {
                Assert.That(FailuresOf(($"Sidecars:audit:{option.Key}", text)), Is.Empty, text);
            }
        }
    }

    [Test]
    public void Configure_SeveralWrongTexts_ReportsAllOfThemAndWhatIsOutOfRange() =>
        Assert.That(
            FailuresOf(
                ("Sidecars:audit:FullMode", "7"),
                ("Sidecars:audit:Capacity", "0"),
                ("Sidecars:audit:DrainTimeout", "10"),
                ("Sidecars:audit:MaxRestarts", "3"),
                ("Sidecars:audit:Critical", "perhaps")),
            Is.EqualTo([
                "Sidecars:audit:Capacity is '0'; allowed is a whole number from 1 to 67,108,864.",
                "Sidecars:audit:FullMode is '7'; allowed is Wait, DropNewest, DropOldest or DropWrite.",
                "Sidecars:audit:Critical is 'perhaps'; allowed is true or false.",
                "Sidecars:audit:DrainTimeout is '10'; allowed is a duration from 00:00:00 to 49.00:00:00, written as [d.]hh:mm:ss[.fff].",
            ]));

    [Test]
    public void Configure_WrongText_BindsNothing()
    {
        using var services = Services(("Sidecars:audit:Capacity", "7"), ("Sidecars:audit:MaxRestarts", "abc"));
        var options = new SidecarOptions();

        Assert.That(() => new SidecarOptionsSetup(services).Configure("audit", options), Throws.TypeOf<OptionsValidationException>());
        Assert.That(options.Capacity, Is.EqualTo(1024));
    }

    [Test]
    public void Configure_SectionInsteadOfValue_IsReported() =>
        Assert.That(
            FailuresOf(("Sidecars:audit:Capacity:Max", "7")),
            Is.EqualTo(["Sidecars:audit:Capacity is a section of its own; allowed is a whole number from 1 to 67,108,864."]));

    // Where any text is allowed as well.
    [Test]
    public void Configure_SectionInsteadOfText_IsReported() =>
        Assert.That(FailuresOf(("Sidecars:audit:Pipeline:Name", "mail")), Is.EqualTo(["Sidecars:audit:Pipeline is a section of its own; allowed is nothing, or a name."]));

    [TestCase("")]
    [TestCase(null)]
    public void Configure_EmptyOrNull_KeepsWhatWasSetBefore(string? text)
    {
        using var services = Services([.. SidecarOptionRules.Table.Keys.Select(key => ($"Sidecars:audit:{key}", text))]);
        var options = new SidecarOptions { Capacity = 7, FullMode = BoundedChannelFullMode.DropWrite, DrainTimeout = TimeSpan.Zero, StuckAfter = null };
        var before = Values(options);

        new SidecarOptionsSetup(services).Configure("audit", options);

        Assert.That(Values(options), Is.EqualTo(before));
    }

    [TestCase("", 5)]
    [TestCase(null, null)]
    public void Configure_HandlerTimeout_NullRemovesTheLimitAndEmptyKeepsIt(string? text, int? seconds)
    {
        using var services = Services(("Sidecars:audit:HandlerTimeout", text));
        var options = new SidecarOptions { HandlerTimeout = TimeSpan.FromSeconds(5) };

        new SidecarOptionsSetup(services).Configure("audit", options);

        Assert.That(options.HandlerTimeout?.TotalSeconds, Is.EqualTo(seconds));
    }

    [Test]
    public void Configure_Json_ReadsItsTypes()
    {
        var options = BindJson("""
            { "Sidecars": { "audit": {
                "Capacity": 7, "Critical": false, "FullMode": "DropOldest", "DrainTimeout": "00:00:01",
                "MaxRestarts": null, "DeadLetterCapacity": {}, "HealthyAfter": [] } } }
            """);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(options.Capacity, Is.EqualTo(7));
            Assert.That(options.Critical, Is.False);
            Assert.That(options.FullMode, Is.EqualTo(BoundedChannelFullMode.DropOldest));
            Assert.That(options.DrainTimeout, Is.EqualTo(TimeSpan.FromSeconds(1)));
            Assert.That(options.MaxRestarts, Is.EqualTo(5));
            Assert.That(options.DeadLetterCapacity, Is.EqualTo(100));
            Assert.That(options.HealthyAfter, Is.EqualTo(TimeSpan.FromSeconds(60)));
        }
    }

    [Test]
    public void Configure_JsonArrayOrNumberForDuration_IsReported() =>
        Assert.That(
            static () => BindJson("""{ "Sidecars": { "audit": { "Capacity": [1, 2], "DrainTimeout": 10 } } }"""),
            Throws.TypeOf<OptionsValidationException>().With.Message.StartsWith("Sidecars:audit:Capacity is a section of its own; ")
                .And.Message.Contains("Sidecars:audit:DrainTimeout is '10'; "));

    [TestCaseSource(typeof(SidecarOptionCase), nameof(SidecarOptionCase.All))]
    public void Configure_AnyText_IsReportedOrBoundAsTheRuleReadIt(SidecarOptionCase option)
    {
        var rule = SidecarOptionRules.Table.Rules.Single(rule => rule.Key == option.Key);

        TextsFor(option).Sample(
            text =>
            {
                using var services = Services(($"Sidecars:audit:{option.Key}", text));
                var options = new SidecarOptions();
                try
                {
                    new SidecarOptionsSetup(services).Configure("audit", options);
                    return rule.CanRead(text) && rule.Allows(text) == rule.Allows(options);
                }
                catch (OptionsValidationException)
                {
                    return !rule.CanRead(text);
                }
            },
            iter: 500,
            threads: 1);
    }

    // What a case names, such texts with a letter put in, and anything else; an empty text is no text.
    private static Gen<string> TextsFor(SidecarOptionCase option)
    {
        var named = Gen.OneOf<string>([.. option.GoodTexts, .. option.BadTexts, .. option.Garbage]);
        var edited = Gen.Select(named, Gen.Char[Alphabet], Gen.Int[0, 100], static (text, letter, at) =>
            text.Insert(at % (text.Length + 1), letter.ToString()));
        return Gen.OneOf<string>(named, edited, Gen.String[Gen.Char[Alphabet], 1, 12], Gen.String).Where(static text => text.Length > 0);
    }

    private static SidecarOptions BindJson(string json)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(json));
        return Bind(new ConfigurationBuilder().AddJsonStream(stream).Build());
    }

    private static SidecarOptions Bind(params (string Key, string? Value)[] pairs) => Bind(Configuration(pairs));

    private static SidecarOptions Bind(IConfiguration configuration)
    {
        using var services = new ServiceCollection().AddSingleton(configuration).BuildServiceProvider();
        var options = new SidecarOptions();
        new SidecarOptionsSetup(services).Configure("audit", options);
        return options;
    }

    private static IEnumerable<string> FailuresOf(params (string Key, string? Value)[] pairs)
    {
        try
        {
            Bind(pairs);
            return [];
        }
        catch (OptionsValidationException exception)
        {
            return exception.Failures;
        }
    }

    private static ServiceProvider Services(params (string Key, string? Value)[] pairs) =>
        new ServiceCollection().AddSingleton(Configuration(pairs)).BuildServiceProvider();

    private static IConfiguration Configuration((string Key, string? Value)[] pairs) =>
        new ConfigurationBuilder().AddInMemoryCollection(pairs.Select(static pair => KeyValuePair.Create(pair.Key, pair.Value))).Build();

    private static object?[] Values(SidecarOptions options) =>
        [.. typeof(SidecarOptions).GetProperties().Select(property => property.GetValue(options))];
}
