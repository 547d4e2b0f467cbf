using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests;

/// <summary>What a sidecar logs reaches the providers once the host starts, and their failures reach nobody.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class GuardedLoggerTests
{
    private readonly Journal _journal = new();
    private bool _fails;

    [Test]
    public async Task Logger_BeforeTheHostStarts_IsSilentAndResolvesNoProvider()
    {
        await using var host = Build();
        var logger = host.Services.GetRequiredService<SidecarEnvironment>().LoggerFor("beat");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(logger.IsEnabled(LogLevel.Critical), Is.False);
            Assert.That(logger.BeginScope("scope"), Is.Null);
            Assert.That(() => logger.Log(LogLevel.Critical, default, "entry", null, static (state, _) => state), Throws.Nothing);
            Assert.That(_journal.Lines, Is.Empty);
        }

        await host.StartAsync();
        Assert.That(logger.IsEnabled(LogLevel.Critical), Is.True, "the same one, later");
        await host.StopAsync();
    }

    [Test]
    public async Task Logger_OfARunningHost_PassesOnLevelsScopesAndEntries()
    {
        await using var host = Build();
        await host.StartAsync();
        var logger = host.Services.GetRequiredService<SidecarEnvironment>().LoggerFor("beat");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(logger.IsEnabled(LogLevel.Warning), Is.True);
            Assert.That(logger.IsEnabled(LogLevel.Information), Is.False, "the provider wants no less than warnings");
            Assert.That(logger.BeginScope("scope"), Is.Not.Null);
        }

        logger.Log(LogLevel.Warning, default, "entry", null, static (state, _) => state);
        Assert.That(_journal.Lines, Does.Contain("SidecarPatterns.Sidecar.beat begins scope").And.Contain("SidecarPatterns.Sidecar.beat says entry"));
        await host.StopAsync();
    }

    [Test]
    public async Task Logger_ProviderFailsWhateverItIsAsked_NobodyIsTold()
    {
        await using var host = Build();
        await host.StartAsync();
        var logger = host.Services.GetRequiredService<SidecarEnvironment>().LoggerFor("beat");
        _fails = true;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(logger.IsEnabled(LogLevel.Warning), Is.False);
            Assert.That(logger.BeginScope("scope"), Is.Null);
            Assert.That(() => logger.Log(LogLevel.Warning, default, "entry", null, static (state, _) => state), Throws.Nothing);
        }

        _fails = false;
        await host.StopAsync();
    }

    [Test]
    public async Task Log_OfWhatBecomesOfMessages_HasACategoryOfItsOwn()
    {
        await using var host = TestHost.Build(static services => services.AddSidecar<int>("audit", static (_, _, _) => throw new IOException("down")));
        await host.StartAsync();
        host.Writer<int>().TryWrite(1);

        await host.LoggedAsync("MessageDeadLettered");
        Assert.That(host.Logs.Named("MessageDeadLettered").Single().Category, Is.EqualTo("SidecarPatterns.Dispatch"));
    }

    private TestHost Build() => TestHost.BuildWith(builder =>
    {
        builder.Logging.ClearProviders().AddProvider(new Provider(this));
        builder.Services.AddRun(new Script<First>(), "beat");
    });

    private sealed class Provider(GuardedLoggerTests test) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => new Logger(test, categoryName);

        public void Dispose()
        {
            // Nothing is open.
        }
    }

    private sealed class Logger(GuardedLoggerTests test, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            FailIfAsked();
            test._journal.Add($"{category} begins {state}");
            return new MemoryStream();
        }

        public bool IsEnabled(LogLevel logLevel)
        {
            FailIfAsked();
            return logLevel >= LogLevel.Warning;
        }

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            FailIfAsked();
            test._journal.Add($"{category} says {formatter(state, exception)}");
        }

        private void FailIfAsked()
        {
            if (test._fails)
            {
                throw new IOException("The disk is full.");
            }
        }
    }
}
