using System.Text.Json;
using System.Text.RegularExpressions;

namespace SidecarPatterns.Tests;

/// <content>The stock sidecars: what they write, and what becomes of settings that change.</content>
internal sealed partial class ConsoleAppTests
{
    private const string Repository = "http://prices/shop.json";
    private const string Started = "Orders from standard input";

    private string Logs => Path.Combine(_folder, "logs");

    private string Config => Path.Combine(_folder, "shop.json");

    [Test]
    [CancelAfter(Limit)]
    public async Task Run_WithLogs_TheFileHoldsWhatTheTableSaysAndTheConsoleIsAsItWas()
    {
        await using var child = ChildProgram.Start("ConsoleApp", "--audit", _audit, "--logs", Logs);
        child.Input.Close();

        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());
        var lines = ReadLogs();
        var refused = child.Error.Where(static line => line.StartsWith("line ", StringComparison.Ordinal)).ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(LogTable(child), Is.EqualTo(new LogRow(Logged: lines.Count, Lost: 0, Shipped: null, Arrived: null)));
            Assert.That(IdsPriced(lines), Is.EqualTo(File.ReadLines(_audit).Select(IdOf)), "each order that was passed on, in its order");
            Assert.That(lines.Count(static line => Event(line) == "OrderRefused"), Is.EqualTo(refused.Count));
            Assert.That(child.Error, Is.EqualTo(refused), "the terminal is told no more than without a file");
            Assert.That(child.Output, Has.Some.StartsWith("Log: " + Logs).And.Some.Contains("account balances"));
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public async Task Run_ShippingLogsUnderChaos_EveryLineArrivesOnce()
    {
        await using var child = ChildProgram.Start("ConsoleApp", "--audit", _audit, "--logs", Logs, "--ship-logs", "--chaos", "30");
        child.Input.Close();

        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());
        var (lines, row) = (ReadLogs(), LogTable(child));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(row.Logged, Is.EqualTo(lines.Count).And.GreaterThan(3000));
            Assert.That(row.Lost, Is.Zero);
            Assert.That(row.Shipped, Is.EqualTo(lines.Count(static line => !IsOfTheShipper(line))), "all but what shipping itself has logged");
            Assert.That(row.Arrived, Is.EqualTo(row.Shipped), "what is sent again, since its answer was lost, is there once");
            Assert.That(child.Output, Has.Some.Contains("account balances"));
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public async Task Run_ShippingLogsToAStoreThatFails_SendsTheSameBatchToTheSamePlaceUntilItIsTaken()
    {
        await using var store = ScriptedServer.Start().InTurn(Answer.With(503), Answer.Reset, Answer.With(200));
        await using var child = ChildProgram.Start(
            "ConsoleApp", "--audit", _audit, "--ship-logs", "--set", "Ambassadors:log-store:BaseAddress=" + store.Uri.AbsoluteUri);
        child.Input.Close();

        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());
        var batches = store.Served.DistinctBy(static request => request.Target).ToList();
        var lines = batches.SelectMany(static request => request.BodyText.Split('\n')[..^1]).Select(Parse).ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(store.Served, Has.All.Property(nameof(ServedRequest.Method)).EqualTo("PUT"));
            Assert.That(store.Served.Take(3).Select(static request => request.Target), Is.All.EqualTo(batches[0].Target).And.All.Match("^/logs/[0-9a-f]+/1$"));
            Assert.That(store.Served.Take(3).Select(static request => request.BodyText), Is.All.EqualTo(batches[0].BodyText));
            Assert.That(LogTable(child), Is.EqualTo(new LogRow(Logged: 0, Lost: 0, Shipped: lines.Count, Arrived: null)));
            Assert.That(
                lines.Count(static line => line.GetProperty("message").GetString()!.StartsWith("Order SO-", StringComparison.Ordinal)),
                Is.EqualTo(Row(child, "audit").Accepted));
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public async Task Run_WithMetrics_TheFileHasWhatTheTablesSay()
    {
        var file = Path.Combine(Directory.CreateDirectory(_folder).FullName, "shop.prom");
        await using var child = ChildProgram.Start("ConsoleApp", "--audit", _audit, "--metrics", file);
        child.Input.Close();

        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());
        var metrics = Exposition.Parse(await File.ReadAllTextAsync(file));
        using (Assert.EnterMultipleScope())
        {
            foreach (var sidecar in new[] { "audit", "totals", "notifier" })
            {
                var row = Row(child, sidecar);
                Assert.That(Sample("sidecar_messages_accepted_total", "sidecar_name", sidecar), Is.EqualTo(row.Accepted));
                Assert.That(Sample("sidecar_messages_processed_total", "sidecar_name", sidecar), Is.EqualTo(row.Handled));
            }

            Assert.That(Sample("shop_orders_total", "outcome", "priced"), Is.EqualTo(Row(child, "audit").Accepted));
            Assert.That(metrics.Types.Keys, Has.Some.StartsWith("ambassador_").And.Some.StartsWith("dotnet_"));
            Assert.That(child.Output, Does.Contain("Metrics: " + file));
        }

        double Sample(string family, string label, string value) => metrics.Of(family)[$$"""{{family}}{{{label}}="{{value}}"}"""];
    }

    [Test]
    [CancelAfter(Limit)]
    public async Task Run_WithMetrics_TheFilePassesPromtoolButForNamesOfTheRuntimes()
    {
        if (!Promtool.IsInstalled)
        {
            Assert.Ignore("promtool is not installed: apt-get install prometheus");
        }

        var file = Path.Combine(Directory.CreateDirectory(_folder).FullName, "shop.prom");
        await using var child = await RunOneAsync("--metrics", file);

        var (exitCode, output) = Promtool.Check(await File.ReadAllTextAsync(file));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(exitCode, Is.Not.EqualTo(1), output); // Which stands for what can not be read.
            Assert.That(output.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.All.StartsWith("dotnet_"));
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public async Task Run_WithAFileOfSettings_TakesOverAChangeAndRefusesAWrongOne()
    {
        WriteConfig("""{"Intake": {"OrdersPerSecond": 1}}""");
        await using var child = ChildProgram.Start("ConsoleApp", "-", "--audit", _audit, "--config", Config);
        await SendAsync(child, 200);
        await child.WroteAsync("has version 1 of file");
        await child.WroteAsync(Started);

        WriteConfig("""{"Intake": {"OrdersPerSecond": -1}}""");
        await child.WroteAsync("stays with version 1: section 'Intake': OrdersPerSecond is from 0 to 100,000");
        Assert.That(File.ReadLines(_audit).Count(), Is.LessThan(200), "one each second");
        WriteConfig("""{"Sidecars": {"totals": {"BatchSize": 7}}}""");
        await child.WroteAsync("has version 2 of file");
        await child.WroteAsync("Options of sidecar 'totals' have changed: BatchSize = 7.");
        child.Input.Close();

        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString()); // In time: the rest came as fast as it could.
        var settings = Settings(child);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Row(child, "audit"), Is.EqualTo(new TableRow(Accepted: 200, Handled: 200, DeadLettered: 0)));
            Assert.That(settings, Is.EqualTo(settings with { Source = $"file '{Config}'", Version = 2, Refused = 1, Failed = 0 }));
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public async Task Run_WithTheRepositoryOfThePriceService_TakesOverAChange()
    {
        ChildProgram.Copy("ConsoleApp", _folder);
        await using var child = ChildProgram.StartFrom(_folder, "ConsoleApp", "-", "--audit", _audit, "--config", Repository);
        await child.WroteAsync("has version 1 of http://prices in force: 1 key(s) new");
        await child.WroteAsync(Started); // All sidecars are there, and are told of changes.

        WriteConfig("""{"Intake": {"OrdersPerSecond": 1000}, "Sidecars": {"notifier": {"Concurrency": 3}}}""");
        await child.WroteAsync("has version 2 of http://prices in force: 1 key(s) new, 1 changed, 0 gone");
        await child.WroteAsync("Options of sidecar 'notifier' have changed: Concurrency = 3.");
        await SendAsync(child, 20);
        child.Input.Close();

        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());
        var settings = Settings(child);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(settings, Is.EqualTo(settings with { Source = "http://prices", Version = 2, Refused = 0, Failed = 0 }));
            Assert.That(settings.Revision, Does.Match("^\"[0-9a-f]{8}\"$"), "its ETag");
            Assert.That(Row(child, "notifier").Accepted, Is.EqualTo(20));
        }
    }

    [TestCase("http://127.0.0.1:1/shop.json", "gets no first version of http://127.0.0.1:1: nothing within StartupTimeout")] // Where nobody listens.
    [TestCase("no JSON", "gets no first version of file")]
    [TestCase("""{"Intake": {"OrdersPerSecond": 200000}}""", "OrdersPerSecond is from 0 to 100,000")]
    [CancelAfter(Limit)]
    public async Task Run_WithoutSettingsToStartWith_SaysWhyAndDoesNotStart(string config, string reason)
    {
        if (!config.StartsWith("http", StringComparison.Ordinal))
        {
            WriteConfig(config);
            config = Config;
        }

        await using var child = ChildProgram.Start("ConsoleApp", "--config", config);

        Assert.That(await child.ExitAsync(), Is.EqualTo(1));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(child.Error, Has.Count.EqualTo(1).And.All.Contains(reason));
            Assert.That(child.Output, Is.Empty);
        }
    }

    [TestCase("nowhere.json")]
    [TestCase("ftp://prices/shop.json")]
    [CancelAfter(Limit)]
    public async Task Run_OfferedNoSettings_SaysSoAndExitsWithAnotherCode(string config)
    {
        await using var child = ChildProgram.Start("ConsoleApp", "--config", config);

        Assert.That(await child.ExitAsync(), Is.EqualTo(2));
        Assert.That(child.Error, Has.Some.Contains($"--config takes a file, or an http or https address without a query, not '{config}'."));
    }

    [TestCase("TERM")]
    [TestCase("INT")]
    [CancelAfter(Limit)]
    [Platform(Exclude = "Win", Reason = "Signals are sent by kill.")]
    public async Task Run_SignalledWhileItLogs_LosesNoLineThatWasLogged(string signal)
    {
        await using var child = ChildProgram.Start(
            "ConsoleApp", "--audit", _audit, "--logs", Logs, "--ship-logs", "--set", "Intake:OrdersPerSecond=1000");
        child.Input.Close();
        await Eventually.HoldsAsync(() => File.Exists(_audit) && File.ReadLines(_audit).Count() >= 300, "it is in the middle of its work");

        await child.SignalAsync(signal);

        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());
        var (lines, row) = (ReadLogs(), LogTable(child));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(child.Output, Has.Some.EqualTo("Stopped before the end of the input."));
            Assert.That(IdsPriced(lines), Is.EqualTo(File.ReadLines(_audit).Select(IdOf)), "whatever was passed on was logged, and is there");
            Assert.That(row, Is.EqualTo(row with { Logged = lines.Count, Lost = 0, Shipped = lines.Count(static line => !IsOfTheShipper(line)) }));
            Assert.That(row.Arrived, Is.EqualTo(row.Shipped));
        }
    }

    /// <summary>All lines of the log's files; each is JSON, or the test fails.</summary>
    private List<JsonElement> ReadLogs() => [.. Directory.GetFiles(Logs, "*.jsonl").Order(StringComparer.Ordinal).SelectMany(File.ReadLines).Select(Parse)];

    // All at once, so that the program never reads the half of it.
    private void WriteConfig(string text)
    {
        Directory.CreateDirectory(_folder);
        File.WriteAllText(Config + ".draft", text);
        File.Move(Config + ".draft", Config, overwrite: true);
    }

    private static JsonElement Parse(string line)
    {
        using var json = JsonDocument.Parse(line);
        return json.RootElement.Clone();
    }

    private static string? Event(JsonElement line) => line.TryGetProperty("event", out var name) ? name.GetString() : null;

    private static IEnumerable<string?> IdsPriced(List<JsonElement> lines) =>
        lines.Where(static line => Event(line) == "OrderPriced").Select(static line => line.GetProperty("properties").GetProperty("Id").GetString());

    // It comes to no sink of the user's, or it would go round in circles.
    private static bool IsOfTheShipper(JsonElement line) => line.GetProperty("message").GetString()!.Contains("'log-store'", StringComparison.Ordinal);

    /// <summary>Reads the line of the log's table.</summary>
    private static LogRow LogTable(ChildProgram child)
    {
        var match = child.Output.Select(static line => LogPattern().Match(line)).SingleOrDefault(static match => match.Success);
        Assert.That(match, Is.Not.Null, $"there is a row for the log in {child}");
        return new LogRow(NumberIn(match!, 1), NumberIn(match!, 2), OptionalIn(match!, 3), OptionalIn(match!, 4));

        static long? OptionalIn(Match match, int group) => match.Groups[group].Length > 0 ? NumberIn(match, group) : null;
    }

    /// <summary>Reads the line of the settings' table.</summary>
    private static SettingsRow Settings(ChildProgram child)
    {
        var match = child.Output.Select(static line => SettingsPattern().Match(line)).SingleOrDefault(static match => match.Success);
        Assert.That(match, Is.Not.Null, $"there is a row for the settings in {child}");
        return new SettingsRow(
            match!.Groups[1].Value, NumberIn(match, 2), NumberIn(match, 3), NumberIn(match, 4), NumberIn(match, 5), match.Groups[6].Value);
    }

    [GeneratedRegex(@"^│ lines │ +(\d+) │ +(\d+) │ +(\d*) │ +(\d*) │$")]
    private static partial Regex LogPattern();

    [GeneratedRegex(@"^│ (file '.+?'|http\S+) +│ +(\d+) │ +(\d+) │ +(\d+) │ +(\d+) │ (\S+) +│$")]
    private static partial Regex SettingsPattern();

    private sealed record LogRow(long Logged, long Lost, long? Shipped, long? Arrived);

    private sealed record SettingsRow(string Source, long Version, long Looks, long Refused, long Failed, string Revision);
}
