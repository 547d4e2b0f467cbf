using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SidecarPatterns.Tests;

/// <summary>Options from their source to the sidecar, through a real host.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class SidecarOptionsInHostTests
{
    private static readonly Func<int, SidecarContext, CancellationToken, ValueTask> Nothing = static (_, _, _) => default;

    [Test]
    public async Task Start_SectionOfSidecar_IsBound()
    {
        await using var host = Build(
            static services => services.AddSidecar("audit", Nothing),
            ("Sidecars:audit:Capacity", "7"),
            ("sidecars:AUDIT:critical", "false"),
            ("Sidecars:other:Capacity", "9"));
        await host.StartAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Snapshot("audit").Capacity, Is.EqualTo(7));
            Assert.That(host.Snapshot("audit").Critical, Is.False);
            Assert.That(host.Writer<int>().Capacity, Is.EqualTo(7));
        }

        await host.StopAsync();
    }

    [Test]
    public async Task Start_SectionAndCallback_CallbackHasTheLastWord()
    {
        var seen = 0;
        await using var host = Build(
            services => services.AddSidecar("audit", Nothing, options =>
            {
                seen = options.Capacity;
                options.Capacity = 8;
            }),
            ("Sidecars:audit:Capacity", "7"),
            ("Sidecars:audit:Critical", "false"));
        await host.StartAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(seen, Is.EqualTo(7));
            Assert.That(host.Snapshot("audit").Capacity, Is.EqualTo(8));
            Assert.That(host.Snapshot("audit").Critical, Is.False);
        }

        await host.StopAsync();
    }

    [Test]
    public async Task Start_TwoNamesOfOneType_EachHasItsOwnSection()
    {
        var script = new Script<First>();
        await using var host = Build(
            services =>
            {
                services.AddHandler(script, "left");
                services.AddHandler(script, "right");
            },
            ("Sidecars:left:Capacity", "7"),
            ("Sidecars:right:Capacity", "9"));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Snapshot("left").Capacity, Is.EqualTo(7));
            Assert.That(host.Snapshot("right").Capacity, Is.EqualTo(9));
        }
    }

    [TestCase("Capacity", "0", "from 1 to 67,108,864")]
    [TestCase("Capacity", "many", "a whole number")]
    [TestCase("FullMode", "Block", "Wait, DropNewest, DropOldest or DropWrite")]
    [TestCase("DrainTimeout", "-00:00:01", "a duration from 00:00:00")]
    [TestCase("Critical", "yes", "true or false")]
    public async Task Start_ValueOfConfigurationIsWrong_ThrowsNamingKeyValueAndWhatIsAllowed(string key, string value, string allowed)
    {
        var script = new Script<First>();
        var journal = new Journal();
        await using var host = Build(
            services =>
            {
                services.AddHostedService(_ => new JournalService(journal));
                services.AddHandler(script, "audit");
            },
            ($"Sidecars:audit:{key}", value));

        var failure = await host.StartAsync().FailureAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure, Is.TypeOf<OptionsValidationException>());
            Assert.That(failure?.Message, Does.Contain($"Sidecars:audit:{key}").And.Contain(value).And.Contain(allowed));
            Assert.That(journal.Lines, Is.Empty, "nothing else was started");
            Assert.That(script.Created, Is.Zero);
        }
    }

    [Test]
    public async Task Start_ValueOfCallbackIsWrong_ThrowsNamingKeyValueAndWhatIsAllowed()
    {
        await using var host = Build(static services => services.AddSidecar("audit", Nothing, static options => options.MaxRestarts = -3));

        var failure = await host.StartAsync().FailureAsync();

        Assert.That(
            failure,
            Is.TypeOf<OptionsValidationException>().With.Message.Contains("Sidecars:audit:MaxRestarts is -3; allowed is a whole number from 0"));
    }

    [Test]
    public async Task Start_SeveralSidecarsAreWrong_AllAreReportedAtOnce()
    {
        await using var host = Build(
            static services =>
            {
                services.AddSidecar("unreadable", Nothing);
                services.AddSidecar("right", Nothing);
                services.AddSidecar("twice", Nothing, static options => options.DeadLetterCapacity = -1);
                services.AddRun(new Script<First>(), "runs", static options => options.StartupTimeout = TimeSpan.Zero);
            },
            ("Sidecars:unreadable:Capacity", "many"),
            ("Sidecars:right:Capacity", "7"),
            ("Sidecars:twice:Capacity", "0"));

        var failure = await host.StartAsync().FailureAsync();

        Assert.That(failure, Is.TypeOf<OptionsValidationException>());
        Assert.That(
            ((OptionsValidationException)failure!).Failures.Select(static line => line[..line.IndexOf(' ', StringComparison.Ordinal)]),
            Is.EqualTo(new[]
            {
                "Sidecars:unreadable:Capacity", "Sidecars:twice:Capacity", "Sidecars:twice:DeadLetterCapacity", "Sidecars:runs:StartupTimeout",
            }));
    }

    [Test]
    public async Task Start_UnknownKey_WarnsWithNearestKnown()
    {
        await using var host = Build(static services => services.AddSidecar("audit", Nothing), ("Sidecars:audit:Capacty", "7"));
        await host.StartAsync();

        var warning = host.Logs.Named("ConfigurationProblem").Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(warning.Level, Is.EqualTo(LogLevel.Warning));
            Assert.That(warning.Message, Does.Contain("Sidecars:audit:Capacty").And.EndsWith("did you mean Capacity?"));
            Assert.That(host.Snapshot("audit").Capacity, Is.EqualTo(1024));
        }

        await host.StopAsync();
    }

    [Test]
    public async Task Start_SectionOfNoSidecar_Warns()
    {
        await using var host = Build(
            static services => services.AddSidecar("audit", Nothing), ("Sidecars:audti:Capacity", "7"), ("Sidecars:something:Capacity", "7"));
        await host.StartAsync();

        Assert.That(
            host.Logs.Named("ConfigurationProblem").Select(static entry => entry.Message),
            Is.EquivalentTo(new[]
            {
                "Sidecars:audti names no sidecar; did you mean audit?",
                "Sidecars:something names no sidecar; registered are audit.",
            }));

        await host.StopAsync();
    }

    [Test]
    public async Task Start_EverythingKnown_WarnsOfNothing()
    {
        await using var host = Build(static services => services.AddSidecar("audit", Nothing), ("Sidecars:audit:Capacity", "7"));
        await host.StartAsync();
        await host.StopAsync();

        Assert.That(host.Logs.Entries.Where(static entry => entry.Level >= LogLevel.Warning), Is.Empty);
    }

    [TestCase(true, 1)]
    [TestCase(false, 0)]
    public async Task Start_ServicesStartConcurrently_WarnsOnce(bool concurrently, int warnings)
    {
        await using var host = TestHost.Build(services =>
        {
            services.Configure<HostOptions>(options => options.ServicesStartConcurrently = concurrently);
            services.AddSidecar("left", Nothing);
            services.AddSidecar("right", Nothing);
        });
        await host.StartAsync();
        await host.StopAsync();

        var logged = host.Logs.Named("ConcurrentStart");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(logged, Has.Count.EqualTo(warnings));
            Assert.That(logged.Select(static entry => entry.Level), Is.All.EqualTo(LogLevel.Warning));
        }
    }

    private static TestHost Build(Action<IServiceCollection> configure, params (string Key, string Value)[] settings) =>
        TestHost.BuildWith(builder =>
        {
            builder.Configuration.AddInMemoryCollection(settings.Select(static setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)));
            configure(builder.Services);
        });
}
