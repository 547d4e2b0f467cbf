using System.Globalization;
using System.Text.RegularExpressions;

namespace SidecarPatterns.Tests;

internal sealed partial class ConsoleAppTests
{
    private const int Limit = 90_000;
    private const string Order =
        """{"id":"A-1","customer":"Ada","email":"ada@example.com","currency":"EUR","items":[{"sku":"TEA-GRN-100","quantity":2}]}""";

    private string _audit = "";

    [SetUp]
    public void SetUp() => _audit = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"audit-{Guid.NewGuid():n}.log");

    [TearDown]
    public void TearDown() => File.Delete(_audit);

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
            Assert.That(File.ReadLines(_audit).LongCount(), Is.EqualTo(audit.Accepted));
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

    [TestCase("TERM")]
    [TestCase("INT")]
    [CancelAfter(Limit)]
    [Platform(Exclude = "Win", Reason = "Signals are sent by kill.")]
    public async Task Run_SignalledInTheMiddle_DrainsAndStillPrintsTheTable(string signal)
    {
        await using var child = ChildProgram.Start("ConsoleApp", "-", "--audit", _audit);
        for (var i = 0; i < 20; i++)
        {
            await child.Input.WriteLineAsync(Order);
        }

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
        Assert.That(string.Join('\n', child.Output), Does.Contain("file").And.Contain("--help"));
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

    /// <summary>Reads a sidecar's line of the final table: its name, and then the counts in the order of the issue's columns.</summary>
    private static TableRow Row(ChildProgram child, string sidecar)
    {
        var line = child.Output.LastOrDefault(line => line.Contains(sidecar, StringComparison.Ordinal) && NumberPattern().Count(line) >= 5);
        Assert.That(line, Is.Not.Null, $"there is a row for {sidecar} in {child}");
        var numbers = NumberPattern().Matches(line!)
            .Select(static match => long.Parse(match.Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture)).ToArray();
        return new TableRow(numbers[0], numbers[1], numbers[2]);
    }

    [GeneratedRegex(@"\d[\d,]*")]
    private static partial Regex NumberPattern();

    private sealed record TableRow(long Accepted, long Handled, long DeadLettered);
}
