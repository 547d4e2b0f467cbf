using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace SidecarPatterns.Tests;

[TestFixture]
internal sealed class SidecarOptionsValidatorTests
{
    [Test]
    public void Validate_Defaults_Succeeds() => Assert.That(Validate(new SidecarOptions()).Succeeded);

    [TestCase(null)]
    [TestCase("")]
    public void Validate_NoName_IsSkipped(string? name)
    {
        var result = new SidecarOptionsValidator().Validate(name, new SidecarOptions { Capacity = 0 });

        Assert.That(result.Skipped);
    }

    [Test]
    public void Validate_ValueOutOfRange_NamesKeyValueAndWhatIsAllowed()
    {
        var result = Validate(new SidecarOptions { Capacity = 0 });

        Assert.That(result.Failures, Is.EqualTo(["Sidecars:audit:Capacity is 0; allowed is a whole number from 1 to 67,108,864."]));
    }

    [Test]
    public void Validate_SeveralValuesOutOfRange_ReportsAllOfThem()
    {
        var result = Validate(new SidecarOptions
        {
            MaxRestarts = -1,
            FullMode = (System.Threading.Channels.BoundedChannelFullMode)7,
            HandlerTimeout = Timeout.InfiniteTimeSpan,
            RestartDelay = TimeSpan.FromSeconds(10),
            MaxRestartDelay = TimeSpan.FromSeconds(9),
        });

        Assert.That(result.Failures, Is.EqualTo([
            "Sidecars:audit:FullMode is 7; allowed is Wait, DropNewest, DropOldest or DropWrite.",
            "Sidecars:audit:HandlerTimeout is -00:00:00.0010000; allowed is nothing, for no limit, or a duration above 00:00:00, "
                + "up to 49.00:00:00, written as [d.]hh:mm:ss[.fff].",
            "Sidecars:audit:MaxRestarts is -1; allowed is a whole number from 0 to 1,000,000.",
            "Sidecars:audit:MaxRestartDelay is 00:00:09; allowed is a duration from RestartDelay, which is 00:00:10, to 49.00:00:00.",
        ]));
    }

    [Test]
    [SetCulture("sv-SE")]
    public void Validate_CultureWithOtherSignsAndSeparators_SaysTheSame()
    {
        var result = Validate(new SidecarOptions { Capacity = -1, RestartDelay = TimeSpan.FromSeconds(1.5), MaxRestartDelay = TimeSpan.Zero });

        Assert.That(result.Failures, Is.EqualTo([
            "Sidecars:audit:Capacity is -1; allowed is a whole number from 1 to 67,108,864.",
            "Sidecars:audit:MaxRestartDelay is 00:00:00; allowed is a duration from RestartDelay, which is 00:00:01.5000000, to 49.00:00:00.",
        ]));
    }

    [TestCase(10, 10, 0)]
    [TestCase(0, 0, 0)]
    [TestCase(10, 11, 0)]
    [TestCase(10, 9, 1)]
    [TestCase(49 * 24 * 60 * 60, 9, 1)]
    public void Validate_MaxRestartDelay_IsAtLeastRestartDelay(int delay, int max, int failures)
    {
        var result = Validate(new SidecarOptions { RestartDelay = TimeSpan.FromSeconds(delay), MaxRestartDelay = TimeSpan.FromSeconds(max) });

        Assert.That(result.Failures?.Count() ?? 0, Is.EqualTo(failures));
    }

    [Test]
    public void Validate_MaxRetryDelayBelowRetryDelay_NamesBoth()
    {
        var result = Validate(new SidecarOptions { RetryDelay = TimeSpan.FromSeconds(2), MaxRetryDelay = TimeSpan.FromSeconds(1) });

        Assert.That(result.Failures, Is.EqualTo([
            "Sidecars:audit:MaxRetryDelay is 00:00:01; allowed is a duration from RetryDelay, which is 00:00:02, to 49.00:00:00.",
        ]));
    }

    [TestCase(null, 2, null)]
    [TestCase("", 2, "Sidecars:audit:Pipeline is ''; allowed is nothing, or a name.")]
    [TestCase("mail", 1, null)]
    [TestCase("mail", 2, "Sidecars:audit:Pipeline is 'mail'; allowed is either a Pipeline or MaxAttempts, which is 2, and not both.")]
    public void Validate_PipelineAndAttempts_AreNotAllowedTogether(string? pipeline, int attempts, string? failure)
    {
        var result = Validate(new SidecarOptions { Pipeline = pipeline, MaxAttempts = attempts });

        Assert.That(result.FailureMessage, Is.EqualTo(failure));
    }

    [TestCase(50, 49, "RestartDelay")]
    [TestCase(1, -1, "MaxRestartDelay")]
    public void Validate_DelayOutOfItsOwnRange_IsReportedOnce(int delayDays, int maxDays, string key)
    {
        var result = Validate(new SidecarOptions { RestartDelay = TimeSpan.FromDays(delayDays), MaxRestartDelay = TimeSpan.FromDays(maxDays) });

        Assert.That(result.Failures, Has.One.Items.And.One.StartsWith($"Sidecars:audit:{key} is "));
    }

    [Test]
    public void Get_CallbackAfterConfiguration_HasTheLastWord()
    {
        using var services = Services(options => options.Capacity += 1, ("Sidecars:audit:Capacity", "0"));

        Assert.That(services.GetRequiredService<IOptionsMonitor<SidecarOptions>>().Get("audit").Capacity, Is.EqualTo(1));
    }

    [Test]
    public void Get_ConfiguredOutOfRange_FailsWithTheValueInForce()
    {
        using var services = Services(static _ => { }, ("Sidecars:audit:Capacity", "0"), ("Sidecars:audit:DrainTimeout", "-00:00:10"));

        var exception = Assert.Throws<OptionsValidationException>(
            () => services.GetRequiredService<IOptionsMonitor<SidecarOptions>>().Get("audit"));

        Assert.That(exception.Failures, Is.EqualTo([
            "Sidecars:audit:Capacity is 0; allowed is a whole number from 1 to 67,108,864.",
            "Sidecars:audit:DrainTimeout is -00:00:10; allowed is a duration from 00:00:00 to 49.00:00:00, written as [d.]hh:mm:ss[.fff].",
        ]));
    }

    [TestCase("0")]
    [TestCase("abc")]
    public void Start_WrongConfiguration_FailsTheHostsStart(string capacity)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection([KeyValuePair.Create("Sidecars:audit:Capacity", (string?)capacity)]);
        Add(builder.Services, static _ => { });
        using var host = builder.Build();

        Assert.That(
            async () => await host.StartAsync(),
            Throws.TypeOf<OptionsValidationException>().With.Message.StartsWith("Sidecars:audit:Capacity is "));
    }

    private static ValidateOptionsResult Validate(SidecarOptions options) => new SidecarOptionsValidator().Validate("audit", options);

    private static ServiceProvider Services(Action<SidecarOptions> callback, params (string Key, string? Value)[] pairs)
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(pairs.Select(static pair => KeyValuePair.Create(pair.Key, pair.Value)))
            .Build();
        return Add(new ServiceCollection().AddSingleton(configuration), callback).BuildServiceProvider();
    }

    private static IServiceCollection Add(IServiceCollection services, Action<SidecarOptions> callback)
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<SidecarOptions>, SidecarOptionsSetup>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SidecarOptions>, SidecarOptionsValidator>());
        services.AddOptions<SidecarOptions>("audit").Configure(callback).ValidateOnStart();
        return services;
    }
}
