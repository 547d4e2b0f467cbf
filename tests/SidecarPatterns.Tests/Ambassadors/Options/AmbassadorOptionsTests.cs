using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SidecarPatterns.Tests;

/// <summary>What the options may be, and where they come from.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class AmbassadorOptionsTests
{
    [Test]
    public void Cases_CoverEveryOption() => Assert.That(
        AmbassadorOptionCase.All.Select(static one => one.Key).Concat(["CallPipeline", "AttemptPipeline", "RetryPipeline"]),
        Is.EquivalentTo(AmbassadorOptionRules.Table.Keys.Where(static key =>
            !CredentialOptionsTests.Covers(key) && !key.StartsWith("Endpoints:", StringComparison.Ordinal)))); // AmbassadorEndpointOptionsTests.

    [TestCaseSource(nameof(Good))]
    public async Task Start_ValueIsAllowed_IsBound(string key, string value)
    {
        await using var host = Build((key, value));
        await host.StartAsync();
        var rule = AmbassadorOptionRules.Table.Rules.Single(rule => key == rule.Key || key == rule.Key + ":0");
        var shown = (rule.Digest ?? rule.Show)(SettingsOf(host).Options);

        Assert.That(Normalize(shown), Is.EqualTo(Normalize(value)));
    }

    [TestCaseSource(nameof(Bad))]
    public async Task Start_ValueIsNotAllowed_FailsAndNamesKeyValueAndWhatIsAllowed(string key, string value, string allowed)
    {
        await using var host = Build((key, value));

        var failure = await host.StartAsync().FailureAsync();

        Assert.That(failure, Is.TypeOf<OptionsValidationException>());
        Assert.That(
            ((OptionsValidationException)failure!).Failures,
            Has.One.StartsWith($"Ambassadors:prices:{key.Replace(":0", "", StringComparison.Ordinal)} is ").And.One.EndsWith($"; allowed is {allowed}."));
    }

    [TestCase("Retry:Delay", "00:00:06", "Ambassadors:prices:Retry:Delay is 00:00:06; allowed is a duration up to Retry:MaxDelay, which is 00:00:05.")]
    [TestCase("Retry:MaxDelay", "00:00:00", "Ambassadors:prices:Retry:Delay is 00:00:00.0500000; allowed is a duration up to Retry:MaxDelay, which is 00:00:00.; Ambassadors:prices:Retry:ThrottledDelay is 00:00:01; allowed is a duration up to Retry:MaxDelay, which is 00:00:00.")]
    [TestCase("Retry:Delay", "49.00:00:00", "Ambassadors:prices:Retry:Delay is 49.00:00:00; allowed is a duration up to Retry:MaxDelay, which is 00:00:05.")]
    [TestCase("Retry:ThrottledDelay", "00:00:06", "Ambassadors:prices:Retry:ThrottledDelay is 00:00:06; allowed is a duration up to Retry:MaxDelay, which is 00:00:05.")]
    [TestCase("CircuitBreaker:MaxBreakDuration", "00:00:00", "Ambassadors:prices:CircuitBreaker:MaxBreakDuration is 00:00:00; allowed is a duration above 00:00:00, up to 49.00:00:00, written as [d.]hh:mm:ss[.fff].")]
    [TestCase("CircuitBreaker:BreakDuration", "00:02:00", "Ambassadors:prices:CircuitBreaker:BreakDuration is 00:02:00; allowed is a duration up to CircuitBreaker:MaxBreakDuration, which is 00:01:00.")]
    public async Task Start_OptionsContradictEachOther_NamesBoth(string key, string value, string expected)
    {
        await using var host = Build((key, value));

        Assert.That(await host.StartAsync().FailureAsync(), Has.Message.EqualTo(expected));
    }

    [Test]
    public async Task Start_SeveralWrongValuesOfSeveralAmbassadors_AreToldAtOnce()
    {
        await using var host = new SettingsFile(
            ("Ambassadors:prices:Timeout", "00:00:00"), ("Ambassadors:prices:Retry:MaxAttempts", "0"), ("Ambassadors:stock:Retry:MaxAttempts", "500")).Build(
            static services =>
            {
                services.AddAmbassadorClient("prices");
                services.AddAmbassadorClient("stock");
            });

        var failure = (OptionsValidationException)(await host.StartAsync().FailureAsync())!;

        Assert.That(failure.Failures.Count(), Is.EqualTo(3));
    }

    [Test]
    public async Task Start_AddressThatIsNotAllowed_DoesNotShowItsSecretsOnceItIsRead()
    {
        var host = TestHost.Build(static services => services.AddAmbassadorClient(
            "prices", static options => options.BaseAddress = new Uri("http://user:canary@a.test/")));
        await using (host)
        {
            var failure = await host.StartAsync().FailureAsync();

            Assert.That(failure!.ToString(), Does.Not.Contain("canary"));
        }
    }

    [Test]
    public async Task Start_CodeAndConfiguration_CodeHasTheLastWord()
    {
        await using var host = new SettingsFile(
            ("Ambassadors:prices:Retry:MaxAttempts", "7"), ("Ambassadors:prices:Redirect:SensitiveHeaders:0", "X-A"), ("Ambassadors:prices:Redirect:SensitiveHeaders:1", "X-B")).Build(
            static services => services.AddAmbassadorClient("prices", static options =>
            {
                options.Retry.MaxAttempts *= 2;
                options.Redirect.SensitiveHeaders.Add("X-C");
            }));
        await host.StartAsync();

        var options = SettingsOf(host).Options;

        Assert.That(options.Retry.MaxAttempts, Is.EqualTo(14));
        Assert.That(options.Redirect.SensitiveHeaders, Is.EqualTo(["X-A", "X-B", "X-C"]));
        Assert.That(SettingsOf(host).SensitiveHeaders, Is.EquivalentTo(["Authorization", "Cookie", "Proxy-Authorization", "Idempotency-Key", "X-A", "X-B", "X-C"]));
    }

    [TestCase("Ambassadors:prices:Retry:MaxAttemps", "Retry:MaxAttempts")]
    [TestCase("Ambassadors:prices:Timout", "Timeout")]
    [TestCase("Ambassadors:price", "prices")]
    public async Task Start_UnknownKey_IsWarnedOfWithTheNearestName(string key, string nearest)
    {
        await using var host = new SettingsFile((key.Count(static sign => sign == ':') == 1 ? key + ":Timeout" : key, "00:00:03")).Build(
            static services => services.AddAmbassadorClient("prices"));
        await host.StartAsync();

        var warned = host.Logs.Named("AmbassadorConfigurationProblem");

        Assert.That(warned, Has.Count.EqualTo(1));
        Assert.That(warned[0].Message, Does.StartWith(key).And.Contain(nearest));
        Assert.That(warned[0].Message, Does.Contain(key == "Ambassadors:price" ? "names no ambassador; " : "is not known; "));
    }

    [Test]
    [SetCulture("sv-SE")]
    public async Task Start_OtherCulture_ReadsAndSaysTheSame()
    {
        await using var host = Build(("CircuitBreaker:FailureRatio", "1.5"));

        Assert.That(
            await host.StartAsync().FailureAsync(),
            Has.Message.EqualTo("Ambassadors:prices:CircuitBreaker:FailureRatio is 1.5; allowed is a number above 0, up to 1."));
    }

    [Test]
    public void AmbassadorHandler_WrongOptionsOutsideAContainer_Throws() => Assert.That(
        static () => new AmbassadorHandler(new AmbassadorOptions { Timeout = TimeSpan.Zero }),
        Throws.TypeOf<OptionsValidationException>().With.Message.StartsWith("Ambassadors:ambassador:Timeout is 00:00:00; allowed is "));

    [Test]
    public void AmbassadorHandler_OptionsAreNull_Throws() => Assert.That(
        static () => new AmbassadorHandler((AmbassadorOptions)null!),
        Throws.ArgumentNullException.With.Property(nameof(ArgumentNullException.ParamName)).EqualTo("options"));

    [Test]
    public void AmbassadorHandler_PipelineByNameOutsideAContainer_Throws() => Assert.That(
        static () => new AmbassadorHandler(new AmbassadorOptions { CallPipeline = "mine" }),
        Throws.TypeOf<OptionsValidationException>().With.Message.EqualTo(
            "Ambassadors:ambassador:CallPipeline is 'mine'; allowed outside a container is only UseCallPipeline."));

    private static IEnumerable<TestCaseData> Good() =>
        from option in AmbassadorOptionCase.All
        from value in option.Good
        select new TestCaseData(option.Key, value);

    private static IEnumerable<TestCaseData> Bad() =>
        from option in AmbassadorOptionCase.All
        from value in option.Bad
        select new TestCaseData(option.Key, value, option.Allowed);

    private static TestHost Build(params (string Key, string Value)[] settings) =>
        new SettingsFile([.. settings.Select(static setting => ("Ambassadors:prices:" + setting.Key, setting.Value))])
            .Build(static services => services.AddAmbassadorClient("prices"));

    private static AmbassadorSettings SettingsOf(TestHost host) =>
        host.Services.GetRequiredService<AmbassadorCatalog>().GetOrCreate("prices").Settings;

    /// <summary>The same value in one spelling.</summary>
    private static string Normalize(string value)
    {
        value = value.Trim('\'').Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant();
        return value.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParse(value, CultureInfo.InvariantCulture, out var duration) ? duration.ToString("c", CultureInfo.InvariantCulture)
            : double.TryParse(value, CultureInfo.InvariantCulture, out var number) ? number.ToString(CultureInfo.InvariantCulture)
            : value;
    }

    /// <summary>Settings to build a host with.</summary>
    private sealed class SettingsFile(params (string Key, string Value)[] settings)
    {
        public TestHost Build(Action<IServiceCollection> configure) => TestHost.BuildWith(builder =>
        {
            builder.Configuration.AddInMemoryCollection(settings.Select(static setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)));
            configure(builder.Services);
        });
    }
}
