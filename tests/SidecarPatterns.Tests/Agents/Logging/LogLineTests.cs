using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using static SidecarPatterns.Tests.LogMethods;

namespace SidecarPatterns.Tests;

/// <summary>What a line in the file has of what was logged.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed partial class LogLineTests : FolderTests<LogFolder>
{
    [Test]
    public async Task Line_OfAGeneratedMethod_HasAllThatWasLoggedWithItsTypes()
    {
        var line = await WriteAsync(static logger => OrderPlaced(logger, 42, "ann", 9.5, new InvalidOperationException("no stock")));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(line.EnumerateObject().Select(static property => property.Name), Is.EqualTo(new[]
            {
                "time", "level", "category", "eventId", "event", "message", "template", "properties", "exception",
            }));
            Assert.That(line.GetProperty("time").GetString(), Is.EqualTo("2000-01-01T00:00:00.0000000Z"), "the clock of the host");
            Assert.That(line.GetProperty("level").GetString(), Is.EqualTo("Error"));
            Assert.That(line.GetProperty("category").GetString(), Is.EqualTo("Test.Shop"));
            Assert.That(line.GetProperty("eventId").GetInt32(), Is.EqualTo(7));
            Assert.That(line.GetProperty("event").GetString(), Is.EqualTo("OrderPlaced"));
            Assert.That(line.GetProperty("message").GetString(), Is.EqualTo("Order 42 of ann for 9.50"));
            Assert.That(line.GetProperty("template").GetString(), Is.EqualTo("Order {Id} of {Customer} for {Total:F2}"));
            Assert.That(line.GetProperty("properties").GetRawText(), Is.EqualTo("""{"Id":42,"Customer":"ann","Total":9.5}"""));
            Assert.That(line.GetProperty("exception").GetString(), Is.EqualTo("System.InvalidOperationException: no stock"));
        }
    }

    [Test]
    public async Task Line_OfAnExtensionMethod_IsTheSame()
    {
#pragma warning disable CA1848, CA2254 // What is tested.
        var line = await WriteAsync(static logger => logger.LogWarning("{Count} of {Names} at {Time}", 2, (string[])["a", "b"], new TimeOnly(10, 30)));
#pragma warning restore CA1848, CA2254

        using (Assert.EnterMultipleScope())
        {
            Assert.That(line.GetProperty("message").GetString(), Is.EqualTo("2 of a, b at 10:30"));
            Assert.That(line.GetProperty("properties").GetRawText(), Is.EqualTo("""{"Count":2,"Names":["a","b"],"Time":"10:30:00.0000000"}"""));
            Assert.That(line.TryGetProperty("eventId", out _), Is.False, "what is not there is left out");
        }
    }

    [Test]
    public async Task Line_WithoutValues_HasNeitherTemplateNorProperties()
    {
        var line = await WriteAsync(Started);
        Assert.That(line.EnumerateObject().Select(static property => property.Name), Is.EqualTo(new[] { "time", "level", "category", "eventId", "event", "message" }));
        Assert.That(line.GetProperty("message").GetString(), Is.EqualTo("started"));
    }

    [Test]
    public async Task Value_ThatChangesLater_IsWrittenAsItWas()
    {
        var basket = new Basket { Count = 1 };
        var numbers = new List<int> { 1, 2 };
        await using var host = LogHosts.Build(Folder);
        await host.StartAsync();
        BasketSeen(host.Logger(), basket, numbers);
        basket.Count = 2;
        numbers.Add(3);
        await host.FlushLogAsync();

        var line = Folder.Lines.Single();
        Assert.That(line.GetProperty("message").GetString(), Is.EqualTo("basket of 1 with 1, 2"));
        Assert.That(line.GetProperty("properties").GetRawText(), Is.EqualTo("""{"Basket":"basket of 1","Numbers":[1,2]}"""));
    }

    [Test]
    public async Task Value_WhoseTextThrows_FailsNobodyAndIsNamed()
    {
        // The recorder beside the agent is failed by it.
        var line = await WriteAsync(static logger => Assert.That(() => BasketSeen(logger, new Basket { Count = -1 }, []), Throws.TypeOf<AggregateException>()));
        Assert.That(line.GetProperty("message").GetString(), Does.Contain("System.FormatException"));
        Assert.That(line.GetProperty("properties").GetProperty("Basket").GetString(), Does.Contain("System.FormatException"));
    }

    [Test]
    public async Task Exception_WithInnerOnes_IsThereInFull()
    {
        var line = await WriteAsync(static logger =>
        {
            try
            {
                try
                {
                    throw new FormatException("inner");
                }
                catch (FormatException inner)
                {
                    throw new IOException("outer", inner);
                }
            }
            catch (IOException outer)
            {
                OrderPlaced(logger, 1, "x", 1, outer);
            }
        });
        Assert.That(line.GetProperty("exception").GetString(), Does.StartWith("System.IO.IOException: outer").And.Contain("System.FormatException: inner").And.Contain(nameof(LogLineTests)));
    }

    [Test]
    public async Task Text_WithLineBreaksAndControls_StaysOnItsLineAndCanForgeNone()
    {
        const string Evil = "ok\n{\"level\":\"Critical\"}\r\n\u2028\u2029\u0085\u001b[2J\0\u202Etxt \"quoted\" \\ \ud800 ünïcödé 🙂";
        await using var host = LogHosts.Build(Folder);
        await host.StartAsync();
        OrderPlaced(host.Logger(), 1, Evil, 1, new InvalidOperationException(Evil));
        host.Logger("Test." + Evil).Log(LogLevel.Information, new EventId(1, Evil), Evil, null, static (state, _) => state);
        await host.FlushLogAsync();

        var text = Folder.ReadText(Folder.Files.Single());
        var expected = Evil.Replace('\ud800', '\ufffd');
        using (Assert.EnterMultipleScope())
        {
            Assert.That(text.Where(static character => char.IsControl(character) || character is '\u2028' or '\u2029' or '\u202E'), Is.EqualTo("\n\n"));
            Assert.That(Folder.Lines[0].GetProperty("properties").GetProperty("Customer").GetString(), Is.EqualTo(expected));
            Assert.That(Folder.Lines[0].GetProperty("exception").GetString(), Does.Contain(expected));
            Assert.That(Folder.Lines[1].GetProperty("message").GetString(), Is.EqualTo(expected));
            Assert.That(Folder.Lines[1].GetProperty("category").GetString(), Is.EqualTo("Test." + expected));
            Assert.That(text, Does.Contain("ünïcödé 🙂"), "what harms nobody is readable");
        }
    }

    [Test]
    public async Task PlainText_WithLineBreaksAndControls_StaysOnItsLineAndCanForgeNone()
    {
        const string Evil = "ok\n2026-11-29T00:00:00.0000000Z crit Forged all is lost\r\n\u2028\u2029\u0085\u001b[2J\0\u202Etxt";
        var error = new ErrorStream();
        await using var host = LogHosts.Build(
            Folder, static options => options.File.Enabled = false, static agent => agent.AddStandardError(), standardError: error);
        await host.StartAsync();
        OrderPlaced(host.Logger("Test." + Evil), 1, Evil, 1, new InvalidOperationException(Evil));
        await host.FlushLogAsync();

        Assert.That(error.Text.Where(static character => char.IsControl(character) || character is '\u2028' or '\u2029' or '\u202E'), Is.All.EqualTo('\n'));
        Assert.That(error.Lines[0], Does.Contain("Forged").And.Contain("\\n"));
        Assert.That(error.Lines.Skip(1), Is.Not.Empty.And.All.StartsWith("    "), "the exception");
    }

    [Test]
    public async Task Numbers_ThatJsonHasNoWordFor_AreText()
    {
        var line = await WriteAsync(static logger => Measured(logger, double.NaN, float.PositiveInfinity, 12.34m, ulong.MaxValue, 'x', DayOfWeek.Friday));
        Assert.That(line.GetProperty("properties").GetRawText(), Is.EqualTo(
            """{"A":"NaN","B":"Infinity","C":12.34,"D":18446744073709551615,"E":"x","F":"Friday"}"""));
    }

    [Test]
    public async Task Scopes_OnRequest_AreThereOutermostFirstAsTheyWere()
    {
        var values = new Dictionary<string, object?> { ["RequestId"] = 5 };
        await using var host = LogHosts.Build(Folder, static options => options.IncludeScopes = true);
        await host.StartAsync();
        var logger = host.Logger();
        using (logger.BeginScope("plain"))
        using (logger.BeginScope(values))
        using (logger.BeginScope("order {Order}", 7))
        {
            Started(logger);
        }

        values["RequestId"] = 6;
        Started(logger);
        await host.FlushLogAsync();
        Assert.That(Folder.Lines[0].GetProperty("scopes").GetRawText(), Is.EqualTo("""["plain",{"RequestId":5},{"Order":7,"text":"order 7"}]"""));
        Assert.That(Folder.Lines[1].TryGetProperty("scopes", out _), Is.False);
    }

    [Test]
    public async Task Scopes_NotAskedFor_AreNotThere()
    {
        var line = await WriteAsync(static logger =>
        {
            using (logger.BeginScope("scope"))
            {
                Started(logger);
            }
        });
        Assert.That(line.TryGetProperty("scopes", out _), Is.False);
    }

    [Test]
    public async Task Trace_OfTheActivity_IsThere()
    {
        using var activity = new Activity("request").SetIdFormat(ActivityIdFormat.W3C);
        var line = await WriteAsync(logger =>
        {
            activity.Start();
            Started(logger);
            activity.Stop();
        });
        using (Assert.EnterMultipleScope())
        {
            Assert.That(line.GetProperty("traceId").GetString(), Is.EqualTo(activity.TraceId.ToHexString()));
            Assert.That(line.GetProperty("spanId").GetString(), Is.EqualTo(activity.SpanId.ToHexString()));
        }
    }

    [Test]
    public async Task Levels_AreFilteredByTheProvidersOwnSection()
    {
        await using var host = TestHost.BuildWith(builder =>
        {
            LogHosts.Add(builder, Folder);
            builder.Configuration["Logging:Sidecar:LogLevel:Test.Shop"] = "Error";
            builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        });
        await host.StartAsync();
        Started(host.Logger());
        OrderPlaced(host.Logger(), 1, "x", 1, exception: null);
        await host.FlushLogAsync();
        Assert.That(Folder.Lines.Single().GetProperty("level").GetString(), Is.EqualTo("Error"));
    }

    [Test]
    public async Task RedactionAndEnrichment_AreAppliedBefore()
    {
        await using var host = TestHost.BuildWith(builder =>
        {
            builder.Logging.EnableEnrichment().EnableRedaction();
            builder.Services.AddRedaction(static redaction => redaction.SetFallbackRedactor<Microsoft.Extensions.Compliance.Redaction.ErasingRedactor>());
            builder.Services.AddStaticLogEnricher<Enricher>();
            LogHosts.Add(builder, Folder);
        });
        await host.StartAsync();
        SecretSeen(host.Logger(), 3, "do-not-write-me");
        await host.FlushLogAsync();

        var line = Folder.Lines.Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(line.GetRawText(), Does.Not.Contain("do-not-write-me"));
            Assert.That(line.GetProperty("properties").GetProperty("Id").GetInt32(), Is.EqualTo(3));
            Assert.That(line.GetProperty("properties").GetProperty("region").GetString(), Is.EqualTo("north"));
        }
    }

    [Test]
    public async Task ManyThreads_EveryLineIsThereOnceAndEachThreadsInItsOrder()
    {
        const int Threads = 4;
        const int Each = 20_000;
        await using var host = TestHost.BuildWith(builder => LogHosts.Add(
            builder, Folder, services: static services => services.Configure<SidecarOptions>(AgentNames.Log, static options => options.FullMode = System.Threading.Channels.BoundedChannelFullMode.Wait)));
        await host.StartAsync();
        var logger = host.Logger();
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                OrderPlaced(logger, i, thread.ToString(System.Globalization.CultureInfo.InvariantCulture), thread, exception: null);
            }
        }))).InTime();
        await host.StopAsync();

        var lines = Folder.Lines.Select(static line => line.GetProperty("properties"))
            .Select(static values => (Id: values.GetProperty("Id").GetInt32(), Thread: values.GetProperty("Customer").GetString(), Total: values.GetProperty("Total").GetDouble()))
            .ToLookup(static line => line.Thread);
        for (var thread = 0; thread < Threads; thread++)
        {
            var own = lines[$"{thread}"].ToArray();
            Assert.That(own.Select(static line => line.Id), Is.EqualTo(Enumerable.Range(0, Each)));
            Assert.That(own.Select(static line => line.Total), Is.All.EqualTo(thread), "no entry was used again too early");
        }
    }

    private async Task<JsonElement> WriteAsync(Action<ILogger> log)
    {
        await using var host = LogHosts.Build(Folder);
        await host.StartAsync();
        log(host.Logger());
        await host.FlushLogAsync();
        return Folder.Lines.Single();
    }

    private static readonly Action<ILogger, Basket, List<int>, Exception?> BasketSeenCore =
        LoggerMessage.Define<Basket, List<int>>(LogLevel.Information, new EventId(9, nameof(BasketSeen)), "{Basket} with {Numbers}");

    private static void BasketSeen(ILogger logger, Basket basket, List<int> numbers) => BasketSeenCore(logger, basket, numbers, null);

    private static readonly Action<ILogger, double, float, decimal, ulong, char, DayOfWeek, Exception?> MeasuredCore =
        LoggerMessage.Define<double, float, decimal, ulong, char, DayOfWeek>(LogLevel.Information, new EventId(10, nameof(Measured)), "{A} {B} {C} {D} {E} {F}");

    private static void Measured(ILogger logger, double a, float b, decimal c, ulong d, char e, DayOfWeek f) => MeasuredCore(logger, a, b, c, d, e, f, null);

    [LoggerMessage(11, LogLevel.Information, "{Id} has {Secret}")]
    private static partial void SecretSeen(ILogger logger, int id, [Secret] string secret);

    private sealed class Basket
    {
        public int Count { get; set; }

        public override string ToString() => Count < 0 ? throw new FormatException("broken") : $"basket of {Count}";
    }

    [AttributeUsage(AttributeTargets.Parameter)]
    private sealed class SecretAttribute() : Microsoft.Extensions.Compliance.Classification.DataClassificationAttribute(new("test", "secret"));

    private sealed class Enricher : Microsoft.Extensions.Diagnostics.Enrichment.IStaticLogEnricher
    {
        public void Enrich(Microsoft.Extensions.Diagnostics.Enrichment.IEnrichmentTagCollector collector) => collector.Add("region", "north");
    }
}
