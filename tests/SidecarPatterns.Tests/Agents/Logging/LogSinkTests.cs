using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using static SidecarPatterns.Tests.LogMethods;

namespace SidecarPatterns.Tests;

/// <summary>Sinks beside the file: each has its own queue, may keep what it is given, and is not given what it logs itself.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class LogSinkTests : FolderTests<LogFolder>
{
    [Test]
    public async Task Sink_IsGivenEveryLineWithAllItHasAndMayKeepIt()
    {
        var script = new SinkScript();
        await using var host = Build(script, static agent => agent.AddSink<FirstSink>("first"), static options => options.IncludeScopes = true);
        await host.StartAsync();
        using (host.Logger().BeginScope("scope"))
        {
            OrderPlaced(host.Logger(), 0, "ann", 2.5, new IOException("down"));
        }

        for (var i = 1; i < 3_000; i++)
        {
            OrderPlaced(host.Logger(), i, $"customer {i}", 2.5, exception: null);
        }

        await host.FlushLogAsync();
        var line = script.Lines[0];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(line.Message, Is.EqualTo("Order 0 of ann for 2.50"));
            Assert.That(line.Template, Is.EqualTo("Order {Id} of {Customer} for {Total:F2}"));
            Assert.That(line.Properties, Is.EqualTo(new KeyValuePair<string, object?>[] { new("Id", 0), new("Customer", "ann"), new("Total", 2.5) }));
            Assert.That(line.Exception, Is.TypeOf<IOException>());
            Assert.That(line.Scopes, Is.EqualTo(new object[] { "scope" }));
            Assert.That(line, Has.Property("Category").EqualTo("Test.Shop").And.Property("Level").EqualTo(LogLevel.Error));
            Assert.That(line.EventId, Is.EqualTo(new EventId(7)));
            Assert.That(line.Timestamp, Is.EqualTo(host.Clock.GetUtcNow()));
            Assert.That(line.TraceId, Is.Null);
            Assert.That(script.Lines.Select(static kept => kept.Message).Skip(1), Is.EqualTo(Enumerable.Range(1, 2_999).Select(static i => $"Order {i} of customer {i} for 2.50")));
            Assert.That(Folder.Messages, Has.Count.EqualTo(3_000));
        }
    }

    [Test]
    public async Task Sink_ThatHangs_CostsTheFileNothingAndIsToldOfWhatItMissed()
    {
        var held = new SyncPoint();
        var script = new SinkScript { Before = (batch, _, _) => batch[0].Message == "Order 0 of x for 2.50" ? held.PassAsync(CancellationToken.None) : Task.CompletedTask };
        await using var host = Build(script, static agent => agent.AddSink<FirstSink>("first", static options => (options.Capacity, options.BatchSize) = (20, 1)));
        await host.StartAsync();
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(1));
        OrderPlaced(host.Logger(), 0, "x", 2.5, exception: null);
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1));
        await held.ReachedAsync();
        for (var i = 1; i <= 100; i++)
        {
            OrderSeen(host.Logger(), i);
        }

        await host.Services.GetRequiredService<ISidecarControl>().FlushAsync(AgentNames.Log).InTime();
        Assert.That(Folder.Messages, Has.Count.EqualTo(101));
        held.Release();
        await host.FlushLogAsync();
        OrderSeen(host.Logger(), 101);
        await host.FlushLogAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(script.Lines.Count(static line => line.Category == LogHosts.Category), Is.EqualTo(20), "18 had room, and one before and one after");
            Assert.That(script.Lines[^2].Properties, Has.Some.EqualTo(new KeyValuePair<string, object?>("Count", 82L)));
            Assert.That(Folder.Messages, Has.Count.EqualTo(102));
            Assert.That(Folder.Notices("LinesLost"), Is.Empty, "the file missed nothing");
        }
    }

    [Test]
    public async Task Sinks_ThatLog_DoNotGoRoundInCircles()
    {
        var script = new SinkScript { Before = (batch, context, _) => Chat(batch, context) };
        await using var host = Build(
            script,
            static agent =>
            {
                agent.AddSink<FirstSink>("first");
                agent.AddSink<SecondSink>("second");
            });
        await host.StartAsync();
        OrderSeen(host.Logger(), 1);
        for (var round = 0; round < 5; round++)
        {
            await host.FlushLogAsync();
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(script.Lines.Select(static line => line.Message), Is.EqualTo(new[] { "order 1", "order 1" }), "one for each sink");
            Assert.That(Folder.Messages, Is.EquivalentTo(new[] { "order 1", "sent by first", "sent by second" }));
        }

        async Task Chat(IReadOnlyList<LogEntry> batch, SidecarContext context)
        {
            await Task.Yield();
            Say(context.Services.GetRequiredService<ILoggerFactory>().CreateLogger(LogHosts.Category), $"sent by {context.Name}");
        }
    }

    [Test]
    public async Task Sink_ThatFails_IsNotGivenTheLinesAboutItsDeadLetters()
    {
        var script = new SinkScript { Before = static (_, _, _) => throw new IOException("store away") };
        await using var host = Build(
            script,
            static agent =>
            {
                agent.AddSink<FirstSink>("first");
                agent.AddSink<SecondSink>("second");
            },
            onlyTests: false);
        await host.StartAsync();
        OrderSeen(host.Logger(), 1);
        for (var round = 0; round < 5; round++)
        {
            await host.FlushLogAsync();
        }

        var given = host.Control.GetDeadLetters("first").Select(static letter => ((LogEntry)letter.Message).Category).ToArray();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(given, Has.Some.EqualTo(LogHosts.Category).And.None.EqualTo("SidecarPatterns.Dispatch"));
            Assert.That(Folder.Lines.Count(static line => line.GetProperty("category").GetString() == "SidecarPatterns.Dispatch"), Is.GreaterThanOrEqualTo(2), "the file has them");
        }
    }

    [Test]
    public async Task Text_ThatLogsWhileItIsMade_BringsAboutNoFurtherLine()
    {
        await using var host = LogHosts.Build(Folder);
        await host.StartAsync();
        OrderPlaced(host.Logger(), 1, "x", 2.5, new TalkingException(host.Logger()));
        for (var round = 0; round < 3; round++)
        {
            await host.FlushLogAsync();
        }

        Assert.That(Folder.Lines.Single().GetProperty("exception").GetString(), Is.EqualTo("I talk"));
    }

    [TestCase(StandardErrorFormat.Plain)]
    [TestCase(StandardErrorFormat.Json)]
    public async Task StandardError_AsASinkOfItsOwn_HasEveryLine(StandardErrorFormat format)
    {
        var error = new ErrorStream();
        await using var host = LogHosts.Build(
            Folder, static options => options.File.Enabled = false, agent => agent.AddStandardError(format), standardError: error);
        OrderSeen(host.Logger(), 0);
        await host.StartAsync();
        OrderPlaced(host.Logger(), 1, "x\nforged", 2.5, new IOException("line\nbreak"));
        await host.FlushLogAsync();
        await host.StopAsync();
        OrderSeen(host.Logger(), 2);

        Assert.That(Folder.Files, Is.Empty);
        Assert.That(error.Text, Is.EqualTo(format == StandardErrorFormat.Plain
            ? """
              2000-01-01T00:00:00.0000000Z info Test.Shop[8] order 0
              2000-01-01T00:00:00.0000000Z fail Test.Shop[7] Order 1 of x\nforged for 2.50
                  System.IO.IOException: line
                  break
              2000-01-01T00:00:00.0000000Z info Test.Shop[8] order 2

              """.ReplaceLineEndings("\n")
            : """
              {"time":"2000-01-01T00:00:00.0000000Z","level":"Information","category":"Test.Shop","eventId":8,"event":"OrderSeen","message":"order 0","template":"order {Id}","properties":{"Id":0}}
              {"time":"2000-01-01T00:00:00.0000000Z","level":"Error","category":"Test.Shop","eventId":7,"event":"OrderPlaced","message":"Order 1 of x\nforged for 2.50","template":"Order {Id} of {Customer} for {Total:F2}","properties":{"Id":1,"Customer":"x\nforged","Total":2.5},"exception":"System.IO.IOException: line\nbreak"}
              {"time":"2000-01-01T00:00:00.0000000Z","level":"Information","category":"Test.Shop","eventId":8,"event":"OrderSeen","message":"order 2","template":"order {Id}","properties":{"Id":2}}

              """.ReplaceLineEndings("\n")));
    }

    [Test]
    public async Task FileAndStandardError_Both_HaveEveryLineAndEntriesAreUsedAgainOnlyAfterBoth()
    {
        var error = new ErrorStream();
        await using var host = TestHost.BuildWith(builder =>
        {
            builder.Services.AddSingleton(TimeProvider.System);
            LogHosts.Add(builder, Folder, sinks: static agent => agent.AddStandardError(StandardErrorFormat.Json), standardError: error);
        });
        await host.StartAsync();
        for (var i = 0; i < 20_000; i++)
        {
            OrderSeen(host.Logger(), i);
        }

        await host.StopAsync();
        var expected = Enumerable.Range(0, 20_000).Select(static i => $"order {i}").ToArray();
        Assert.That(Folder.Messages, Is.EqualTo(expected));
        Assert.That(error.Lines.Select(static line => System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("message").GetString()), Is.EqualTo(expected));
    }

    [Test]
    public void Registration_OfWhatCanNotBe_Throws()
    {
        var services = new ServiceCollection();
        services.AddLogging(static logging =>
        {
            logging.AddSidecar().AddStandardError();
            Assert.That(() => logging.AddSidecar(), Throws.ArgumentException.With.Message.Contains("log-agent"));
        });
        Assert.That(static () => new ServiceCollection().AddLogging(static logging => logging.AddSidecar().AddStandardError((StandardErrorFormat)7)), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(static () => SidecarLoggingBuilderExtensions.AddSidecar(null!), Throws.ArgumentNullException);
    }

    private TestHost Build(
        SinkScript script, Action<LogSidecarBuilder> sinks, Action<LogSidecarOptions>? configure = null, bool onlyTests = true) =>
        LogHosts.Build(Folder, configure, sinks, services => services.AddSingleton(script), onlyTests: onlyTests);

    private sealed class SinkScript
    {
        private readonly ConcurrentQueue<LogEntry> _lines = new();

        public Func<IReadOnlyList<LogEntry>, SidecarContext, CancellationToken, Task> Before { get; init; } = static (_, _, _) => Task.CompletedTask;

        public IReadOnlyList<LogEntry> Lines => [.. _lines];

        public async ValueTask HandleAsync(IReadOnlyList<LogEntry> batch, SidecarContext context, CancellationToken ct)
        {
            LogEntry[] copy = [.. batch];
            await Before(copy, context, ct);
            foreach (var line in copy)
            {
                _lines.Enqueue(line);
            }
        }
    }

    private sealed class FirstSink(SinkScript script) : IBatchSidecar<LogEntry>
    {
        public ValueTask HandleAsync(IReadOnlyList<LogEntry> batch, SidecarContext context, CancellationToken ct) => script.HandleAsync(batch, context, ct);
    }

    private sealed class SecondSink(SinkScript script) : IBatchSidecar<LogEntry>
    {
        public ValueTask HandleAsync(IReadOnlyList<LogEntry> batch, SidecarContext context, CancellationToken ct) => script.HandleAsync(batch, context, ct);
    }

    private sealed class TalkingException(ILogger logger) : Exception("I talk")
    {
        public override string ToString()
        {
            OrderPlaced(logger, 2, "from within", 2.5, this);
            return Message;
        }
    }
}
