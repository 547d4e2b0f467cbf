using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SidecarPatterns.Tests;

/// <summary>The options of the log agent: where they come from, and what is told of those that are wrong.</summary>
[TestFixture]
internal sealed class LogOptionsTests
{
    [Test]
    public void Configuration_EveryKey_SetsEveryProperty()
    {
        var options = Read(
            ("IncludeScopes", "true"), ("FlushOnCrash", "true"), ("File:Enabled", "false"), ("File:Folder", "elsewhere"), ("File:Name", "shop"),
            ("File:MaxBytes", "5000000000"), ("File:MaxFiles", "7"), ("File:MaxTotalBytes", "6000000000"), ("File:MaxAge", "14.00:00:00"), ("File:Compress", "true"));
        Assert.That(LogSidecarOptionRules.Table.Rows.Select(option => $"{option.Key} = {option.Show(options)}"), Is.EqualTo(new[]
        {
            "IncludeScopes = true", "FlushOnCrash = true", "File:Enabled = false", "File:Folder = 'elsewhere'", "File:Name = 'shop'", "File:MaxBytes = 5000000000",
            "File:MaxFiles = 7", "File:MaxTotalBytes = 6000000000", "File:MaxAge = 14.00:00:00", "File:Compress = true",
        }));
    }

    [Test]
    public void Callback_StandsAboveTheConfiguration() =>
        Assert.That(Read(static options => options.File.MaxFiles = 3, ("File:MaxFiles", "7")).File.MaxFiles, Is.EqualTo(3));

    [TestCase("File:MaxBytes", "many", "a whole number from 1,024 to 1,099,511,627,776")]
    [TestCase("File:MaxBytes", "100", "a whole number from 1,024 to 1,099,511,627,776")]
    [TestCase("File:MaxFiles", "0", "a whole number from 1 to 100,000")]
    [TestCase("File:MaxAge", "7", "nothing, for no limit, or a duration above 00:00:00, up to 36500.00:00:00, written as [d.]hh:mm:ss[.fff]")]
    [TestCase("File:Compress", "gzip", "true or false")]
    [TestCase("File:Name", "a/b", "nothing, for the name of the application, or what a file can be called")]
    public void Configuration_WrongValue_NamesKeyValueAndWhatIsAllowed(string key, string value, string allowed) => Assert.That(
        () => Read((key, value)),
        Throws.TypeOf<OptionsValidationException>().With.Message.EqualTo($"Logging:Sidecar:{key} is '{value}'; allowed is {allowed}."));

    [Test]
    public void Callback_WrongValues_AreAllTold() => Assert.That(
        () => Read(static options =>
        {
            options.File.MaxBytes = 1;
            options.File.MaxAge = TimeSpan.Zero;
            options.File.Folder = " ";
        }),
        Throws.TypeOf<OptionsValidationException>().With.Message.Contains("File:MaxBytes is 1;").And.Message.Contains("File:MaxAge is 00:00:00;").And.Message.Contains("File:Folder is ' ';"));

    [Test]
    public void WrongValue_StopsTheStartOfTheHost()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration["Logging:Sidecar:File:MaxFiles"] = "none";
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging")).AddSidecar();
        Assert.That(() => builder.Build().Start(), Throws.TypeOf<OptionsValidationException>().With.Message.Contains("Logging:Sidecar:File:MaxFiles"));
    }

    [Test]
    public async Task UnknownKey_IsToldWithTheNearestKnownOne()
    {
        using var folder = new LogFolder();
        await using var host = TestHost.BuildWith(builder =>
        {
            builder.Configuration["Logging:Sidecar:File:MaxFile"] = "7";
            builder.Configuration["Logging:Sidecar:LogLevel:Default"] = "Trace";
            builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
            LogHosts.Add(builder, folder);
        });
        await host.StartAsync();
        LogMethods.Started(host.Logger());
        await host.FlushLogAsync();
        Assert.That(
            folder.Notices("UnknownKey").Single().GetProperty("message").GetString(),
            Is.EqualTo("Logging:Sidecar:File:MaxFile is not known; did you mean File:MaxFiles?"));
    }

    [Test]
    public async Task Defaults_OfAHost_WriteToLogsBelowTheContentRootByTheNameOfTheApplication()
    {
        using var folder = new LogFolder();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = folder.Path, ApplicationName = "My Shop/2" });
        builder.Logging.AddSidecar();
        using var host = builder.Build();
        await host.StartAsync();
        LogMethods.Started(host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Test"));
        var log = host.Services.GetRequiredService<SidecarLog>();
        await log.FlushAsync().InTime();
        var today = TimeProvider.System.GetUtcNow().ToString("yyyyMMdd", System.Globalization.CultureInfo.InvariantCulture);
        await host.StopAsync().InTime();
        Assert.That(log.CurrentFile, Is.EqualTo(Path.Combine(folder.Path, "logs", $"My_Shop_2-{today}.jsonl")));
    }

    private static LogSidecarOptions Read(params (string Key, string Value)[] settings) => Read(static _ => { }, settings);

    private static LogSidecarOptions Read(Action<LogSidecarOptions> configure, params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(static setting => KeyValuePair.Create("Sidecar:" + setting.Key, (string?)setting.Value))).Build();
        using var provider = new ServiceCollection()
            .AddLogging(logging =>
            {
                logging.AddConfiguration(configuration);
                logging.AddSidecar(configure);
            })
            .BuildServiceProvider();
        return provider.GetRequiredService<IOptions<LogSidecarOptions>>().Value;
    }
}
