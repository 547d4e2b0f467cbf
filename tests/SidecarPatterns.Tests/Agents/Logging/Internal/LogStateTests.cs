using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests;

/// <summary>Which states may be read later, and what that saves who logs.</summary>
[TestFixture]
[NonParallelizable]
[CancelAfter(170_000)]
internal sealed class LogStateTests
{
    [Test]
    public void IsUnchanging_OfTheFrameworksOwnStates_IsAsTheirValuesAre()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Ask(static logger => LoggerMessage.Define(LogLevel.Information, 1, "x")(logger, null)), Is.True);
            Assert.That(Ask(static logger => LoggerMessage.Define<int, string>(LogLevel.Information, 1, "{A} {B}")(logger, 1, "", null)), Is.True);
            Assert.That(Ask(static logger => LoggerMessage.Define<DayOfWeek?, Guid>(LogLevel.Information, 1, "{A} {B}")(logger, null, Guid.Empty, null)), Is.True);
            Assert.That(Ask(static logger => LoggerMessage.Define<int, object>(LogLevel.Information, 1, "{A} {B}")(logger, 1, "", null)), Is.False);
            Assert.That(Ask(static logger => LoggerMessage.Define<int[]>(LogLevel.Information, 1, "{A}")(logger, [], null)), Is.False);
            Assert.That(Ask(static logger => logger.Log(LogLevel.Information, 0, new List<string>(), null, static (_, _) => "")), Is.False);
            Assert.That(Ask(static logger => logger.Log(LogLevel.Information, 0, (1, "x"), null, static (_, _) => "")), Is.False);
            Assert.That(Ask(static logger => logger.Log(LogLevel.Information, 0, "text", null, static (_, _) => "")), Is.False);
        }
    }

    [Test]
    public async Task Call_OfALogMethod_AllocatesNothingForItsCaller()
    {
        using var folder = new LogFolder();
        await using var host = TestHost.BuildWith(builder =>
        {
            Microsoft.Extensions.DependencyInjection.ServiceCollectionServiceExtensions.AddSingleton(builder.Services, TimeProvider.System);
            LogHosts.Add(builder, folder);
            builder.Logging.AddFilter<LogRecorder>(static (_, _) => false);
        });
        await host.StartAsync();
        var logger = host.Logger();
        for (var round = 0; round < 3; round++)
        {
            LogMany(logger, 20_000);
            await host.FlushLogAsync();
        }

        var allocated = await Task.Factory.StartNew(
            () =>
            {
                LogMany(logger, 100);
                var before = GC.GetAllocatedBytesForCurrentThread();
                LogMany(logger, 5_000);
                return GC.GetAllocatedBytesForCurrentThread() - before;
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default).InTime();
        Assert.That(allocated, Is.Zero);
    }

    private static void LogMany(ILogger logger, int count)
    {
        for (var i = 0; i < count; i++)
        {
            LogMethods.OrderPlaced(logger, i, "ann", 2.5, exception: null);
        }
    }

    private static bool Ask(Action<ILogger> log)
    {
        var logger = new Asking();
        log(logger);
        return logger.IsUnchanging!.Value;
    }

    private sealed class Asking : ILogger
    {
        public bool? IsUnchanging { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            IsUnchanging = LogState<TState>.IsUnchanging;
    }
}
