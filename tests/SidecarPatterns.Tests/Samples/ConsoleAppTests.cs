using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace SidecarPatterns.Tests;

internal sealed partial class ConsoleAppTests
{
    private const int Limit = 90_000;
    private const string Order =
        """{"id":"A-1","customer":"Ada","email":"ada@example.com","currency":"EUR","items":[{"sku":"TEA-GRN-100","quantity":2}]}""";

    private string _audit = "";
    private string _folder = "";

    private string SettingsFile => Path.Combine(_folder, "appsettings.json");

    [SetUp]
    public void SetUp()
    {
        _audit = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"audit-{Guid.NewGuid():n}.log");
        _folder = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"app-{Guid.NewGuid():n}");
    }

    [TearDown]
    public void TearDown()
    {
        File.Delete(_audit);
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public async Task Run_OnTheOrdersThatComeWithIt_ExitsWithZeroAndItsAccountBalances()
    {
        await using var child = ChildProgram.Start("ConsoleApp", "--audit", _audit);
        child.Input.Close();

        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());
        var (audit, totals, notifier) = (Row(child, "audit"), Row(child, "totals"), Row(child, "notifier"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(audit.Accepted, Is.GreaterThan(1000));
            Assert.That(totals.Accepted, Is.EqualTo(audit.Accepted));
            Assert.That(notifier.Accepted, Is.EqualTo(audit.Accepted));
            Assert.That(audit.Handled, Is.EqualTo(audit.Accepted));
            Assert.That(totals.Handled, Is.EqualTo(totals.Accepted));
            Assert.That(notifier.DeadLettered, Is.Positive);
            Assert.That(notifier.Handled + notifier.DeadLettered, Is.EqualTo(notifier.Accepted));
            Assert.That(child.Output, Has.Some.Contains("account balances"));
            Assert.That(child.Error, Has.Some.Matches(@"line \d+: "), "malformed orders are told of");
            Assert.That(child.Error, Has.None.Contains(NoPrice));
            Assert.That(Ambassador(child).Calls, Is.GreaterThan(1000));
            Assert.That(Endpoints(child).Sum(static endpoint => endpoint.Requests), Is.EqualTo(Ambassador(child).Attempts));
            Assert.That(
                Endpoints(child),
                Has.Count.EqualTo(3).And.All.Matches<EndpointRow>(static endpoint => endpoint is { Requests: > 0 } or { Ejections: > 0 }),
                "one that is out of order as the program starts may be found out by probes before any call");
            Assert.That(Credential(child).Requests, Is.Positive);
            Assert.That(child.Output, Has.Some.Contains("ambassador's balances too"));
            Assert.That(File.ReadLines(_audit).LongCount(), Is.EqualTo(audit.Accepted));
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public async Task Run_OnOrdersOfOnesOwn_ReadsThemAllAndNamesTheMalformedLine([Values("a file", "-", "piped in")] string from)
    {
        const string Orders = $"{Order}\nnot an order\n{Order}\n{Order}\n";
        string[] arguments = from switch
        {
            "a file" => [Path.Combine(Directory.CreateDirectory(_folder).FullName, "orders.ndjson")],
            "-" => ["-"],
            _ => [],
        };
        if (from == "a file")
        {
            await File.WriteAllTextAsync(arguments[0], Orders);
        }

        await using var child = ChildProgram.Start("ConsoleApp", [.. arguments, "--audit", _audit]);
        if (from != "a file")
        {
            await child.Input.WriteAsync(Orders);
        }

        child.Input.Close();

        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Row(child, "audit"), Is.EqualTo(new TableRow(Accepted: 3, Handled: 3, DeadLettered: 0)));
            Assert.That(Row(child, "totals"), Is.EqualTo(new TableRow(Accepted: 3, Handled: 3, DeadLettered: 0)));
            Assert.That(child.Error, Has.Exactly(1).Contains("line 2: "));
            Assert.That(child.Output, Has.Some.Contains("account balances"));
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public async Task Run_WithReplay_SendsWhatWasRefusedInTheEnd()
    {
        await using var child = ChildProgram.Start("ConsoleApp", "--audit", _audit, "--replay");
        child.Input.Close();

        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());
        var (audit, notifier) = (Row(child, "audit"), Row(child, "notifier"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(notifier.Handled, Is.EqualTo(audit.Accepted), "everybody was told in the end");
            Assert.That(notifier.Accepted, Is.EqualTo(audit.Accepted + notifier.DeadLettered), "a replay is a new acceptance");
            Assert.That(notifier.DeadLettered, Is.Positive);
            Assert.That(child.Output, Has.Some.Contains("account balances"));
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public async Task Run_WithWatchAndNoTerminal_WritesALineForEachSidecarUntilAllHaveStopped()
    {
        await using var child = ChildProgram.Start("ConsoleApp", "--audit", _audit, "--watch");
        child.Input.Close();

        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());
        var lines = child.Output.Where(static line => line.StartsWith("sidecar=", StringComparison.Ordinal)).ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(lines, Has.Count.GreaterThanOrEqualTo(6), "one for each at the start, and one at the end");
            Assert.That(lines, Has.All.Matches(WatchPattern().ToString()));
            foreach (var (sidecar, last) in new[] { "audit", "totals", "notifier" }.Zip(lines[^3..]))
            {
                var row = Row(child, sidecar);
                Assert.That(last, Does.StartWith(
                    $"sidecar={sidecar} state=Stopped queued=0 in-flight=0 handled={row.Handled} dead-lettered={row.DeadLettered} dropped=0 restarts=0 busy="));
                Assert.That(row.Handled + row.DeadLettered, Is.EqualTo(row.Accepted));
                Assert.That(row.Accepted, Is.GreaterThan(1000));
            }

            Assert.That(child.Output, Has.Some.Contains("account balances"));
            Assert.That(child.Output, Has.None.Contains("│ watch"), "it has no account");
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public async Task Run_SettingsEditedMeanwhile_AreToldAndTakeEffect()
    {
        ChildProgram.Copy("ConsoleApp", _folder);
        Edit("notifier", "MaxRate", 0.001);
        await using var child = ChildProgram.StartFrom(_folder, "ConsoleApp", "-", "--audit", _audit, "--watch");
        await SendAsync(child, 20);
        await child.WroteAsync("sidecar=notifier state=Ready queued=19 in-flight=0 handled=1 ");

        Edit("notifier", "MaxRate", null);
        await child.WroteAsync("sidecar=notifier state=Ready queued=0 in-flight=0 handled=20 ");
        Edit("totals", "BatchSize", 7);
        await child.WroteAsync("BatchSize");
        Edit("prices", "Timeout", "00:00:02", section: "Ambassadors");
        await child.WroteAsync("Ambassador 'prices'");
        child.Input.Close();

        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(child.Error, Is.EqualTo([
                "Options of sidecar 'notifier' have changed: MaxRate = nothing.", "Options of sidecar 'totals' have changed: BatchSize = 7.",
                "Ambassador 'prices' has new options: Timeout = 00:00:02.",
            ]));
            Assert.That(Row(child, "totals"), Is.EqualTo(new TableRow(Accepted: 20, Handled: 20, DeadLettered: 0)));
            Assert.That(Row(child, "notifier"), Is.EqualTo(new TableRow(Accepted: 20, Handled: 20, DeadLettered: 0)));
            Assert.That(child.Output, Has.Some.Contains("account balances"));
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public async Task Run_SettingsEditedWrongly_AreToldAndChangeNothing()
    {
        ChildProgram.Copy("ConsoleApp", _folder);
        await using var child = ChildProgram.StartFrom(_folder, "ConsoleApp", "-", "--audit", _audit);
        await child.WroteAsync(Started);

        Edit("notifier", "Concurrency", 0);
        await child.WroteAsync("Sidecars:notifier:Concurrency is 0; allowed is a whole number from 1 to 1,024.");
        Edit("notifier", "Concurrency", "many");
        await child.WroteAsync("Sidecars:notifier:Concurrency is 'many'; allowed is a whole number from 1 to 1,024.");
        WriteSettings("{\n  no JSON");
        await child.WroteAsync("appsettings.json cannot be read, and nothing changes: line 2 is not JSON");
        await SendAsync(child, 20);
        child.Input.Close();

        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(child.Error, Has.Count.EqualTo(3), "a line each, and no change was told");
            Assert.That(Row(child, "notifier"), Is.EqualTo(new TableRow(Accepted: 20, Handled: 20, DeadLettered: 0)));
            Assert.That(child.Output, Has.Some.Contains("account balances"));
        }
    }

    [TestCase("TERM")]
    [TestCase("INT")]
    [TestCase("TERM", "--watch")]
    [TestCase("INT", "--watch")]
    [CancelAfter(Limit)]
    [Platform(Exclude = "Win", Reason = "Signals are sent by kill.")]
    public async Task Run_SignalledInTheMiddle_DrainsAndStillPrintsTheTable(string signal, params string[] options)
    {
        await using var child = ChildProgram.Start("ConsoleApp", ["-", "--audit", _audit, .. options]);
        await SendAsync(child, 20);
        await child.Input.WriteLineAsync("not an order");
        await child.Input.FlushAsync();
        await child.WroteAsync("line 21:");

        await child.SignalAsync(signal);

        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Row(child, "audit"), Is.EqualTo(new TableRow(Accepted: 20, Handled: 20, DeadLettered: 0)));
            Assert.That(Row(child, "totals"), Is.EqualTo(new TableRow(Accepted: 20, Handled: 20, DeadLettered: 0)));
            Assert.That(Row(child, "notifier").Accepted, Is.EqualTo(20));
            Assert.That(child.Output, Has.Some.Contains("account balances"));
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public async Task Run_AskedForHelp_TellsWhatItUnderstandsAndExitsWithZero()
    {
        await using var child = ChildProgram.Start("ConsoleApp", "--help");

        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());
        var help = string.Join('\n', child.Output);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(help, Does.Contain("file").And.Contain("--help").And.Contain("--watch").And.Contain("--chaos").And.Contain("--url"));
            Assert.That(help, Does.Contain("--logs").And.Contain("--ship-logs").And.Contain("--metrics").And.Contain("--config"));
            Assert.That(SwitchesInReadme(), Has.Count.GreaterThan(5));
            Assert.That(SwitchesInReadme().Where(option => !help.Contains(option, StringComparison.Ordinal)), Is.Empty);
        }
    }

    [TestCase("--no-such-option")]
    [TestCase("no-such-file.ndjson")]
    [CancelAfter(Limit)]
    public async Task Run_Misused_SaysSoAndExitsWithAnotherCode(string argument)
    {
        await using var child = ChildProgram.Start("ConsoleApp", argument);

        Assert.That(await child.ExitAsync(), Is.Not.Zero);
        Assert.That(child.Error, Has.Some.Contains(argument));
    }

    [Test]
    [CancelAfter(Limit)]
    public async Task Run_WithAWrongSetting_NamesItAndExitsWithAnotherCode()
    {
        await using var child = ChildProgram.Start("ConsoleApp", "--set", "Sidecars:audit:Capacity=-1");
        child.Input.Close();

        Assert.That(await child.ExitAsync(), Is.Not.Zero);
        Assert.That(child.Error, Has.Some.Contains("Sidecars:audit:Capacity"));
    }

    /// <summary>What is said in the README to have the program do.</summary>
    private static List<string> SwitchesInReadme()
    {
        var commands = File.ReadLines(Tests.Repository.PathOf("README.md"))
            .Where(static line => line.StartsWith("dotnet run --project samples/ConsoleApp -- ", StringComparison.Ordinal));
        return [.. commands.SelectMany(static line => line.Split(" -- ")[1].Split(' ')).Where(static word => word.StartsWith("--", StringComparison.Ordinal))];
    }

    private static async Task SendAsync(ChildProgram child, int orders)
    {
        for (var i = 0; i < orders; i++)
        {
            await child.Input.WriteLineAsync(Order);
        }

        await child.Input.FlushAsync();
    }

    /// <summary>Changes an option in the settings of the copied program; <see langword="null"/> removes it.</summary>
    private void Edit(string name, string key, JsonNode? value, string section = "Sidecars")
    {
        var settings = JsonNode.Parse(
            File.ReadAllText(SettingsFile), documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip })!;
        var options = settings[section]![name]!.AsObject();
        options.Remove(key);
        if (value is not null)
        {
            options.Add(key, value);
        }

        WriteSettings(settings.ToJsonString());
    }

    // All at once, so that the program never reads the half of it.
    private void WriteSettings(string text)
    {
        var draft = SettingsFile + ".draft";
        File.WriteAllText(draft, text);
        File.Move(draft, SettingsFile, overwrite: true);
    }

    /// <summary>Reads a sidecar's line of the final table: its name, and then the counts in the order of the issue's columns.</summary>
    private static TableRow Row(ChildProgram child, string sidecar)
    {
        var line = child.Output.LastOrDefault(line => line.Contains(sidecar, StringComparison.Ordinal) && NumberPattern().Count(line) >= 5);
        Assert.That(line, Is.Not.Null, $"there is a row for {sidecar} in {child}");
        var numbers = NumberPattern().Matches(line!)
            .Select(static match => long.Parse(match.Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture)).ToArray();
        return new TableRow(numbers[0], numbers[1], numbers[2]);
    }

    [GeneratedRegex(
        @"^sidecar=\w+ state=\w+ queued=\d+ in-flight=\d+ handled=\d+ dead-lettered=\d+ dropped=\d+ restarts=\d+ busy=\d+\.\d{3}$")]
    private static partial Regex WatchPattern();

    [GeneratedRegex(@"\d[\d,]*")]
    private static partial Regex NumberPattern();

    private sealed record TableRow(long Accepted, long Handled, long DeadLettered);
}
