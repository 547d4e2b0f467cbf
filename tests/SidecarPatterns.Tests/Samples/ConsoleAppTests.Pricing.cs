using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace SidecarPatterns.Tests;

/// <content>The price service, and the ambassador that asks it.</content>
internal sealed partial class ConsoleAppTests
{
    private const string NoPrice = "there is no price: ";

    [Test]
    [CancelAfter(Limit)]
    public async Task Run_WithChaos_EveryOrderHasItsPriceOrAReason()
    {
        await using var child = ChildProgram.Start("ConsoleApp", "--audit", _audit, "--chaos", "30");
        child.Input.Close();

        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());
        var (audit, prices) = (Row(child, "audit"), Ambassador(child));
        var unpriced = child.Error.Where(static line => line.Contains(NoPrice, StringComparison.Ordinal)).ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(audit.Accepted + unpriced.Count, Is.EqualTo(2920), "orders that fulfil the rules");
            Assert.That(audit.Accepted, Is.GreaterThan(2500), "most have their price in the end");
            Assert.That(unpriced, Has.All.Matches($@"^line \d+: order SO-\d+: {NoPrice}\w.+"));
            Assert.That(child.Output, Has.Some.Contains($"refused ({unpriced.Count} for want of a price)"));
            Assert.That(prices.Failed + prices.Refused, Is.EqualTo(unpriced.Count), "a call that fails is an order without a price");
            Assert.That(prices.Retries, Is.GreaterThan(500));
            Assert.That(Endpoints(child), Has.Count.EqualTo(3).And.All.Property(nameof(EndpointRow.Failures)).Positive);
            Assert.That(Endpoints(child).Sum(static endpoint => endpoint.Requests), Is.EqualTo(prices.Attempts));
            Assert.That(Credential(child).Requests, Is.Positive);
            Assert.That(child.ToString(), Does.Not.Contain("Bearer"), "nobody is shown a token");
            Assert.That(child.Output, Has.Some.Contains("ambassador's balances too"));
            Assert.That(File.ReadLines(_audit).Select(IdOf), Is.Ordered, "what takes long changes the order of none");
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public async Task Run_LongerThanTurnsAndTokens_LeavesServersAloneAndRenewsTheToken()
    {
        await using var child = ChildProgram.Start("ConsoleApp", "-", "--audit", _audit, "--watch");
        await SendAsync(child, 20);
        await Eventually.HoldsAsync(() => Seconds(child) >= 4, "each server has had its turn, and the token is due to be renewed");
        child.Input.Close();

        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(child.Error, Is.Empty, "every order has its price, and nothing is said of servers that come back");
            Assert.That(Row(child, "audit").Handled, Is.EqualTo(20));
            Assert.That(Endpoints(child).Sum(static endpoint => endpoint.Ejections), Is.Positive, "the prober has found one");
            Assert.That(Credential(child), Is.EqualTo(Credential(child) with { Failed = 0, After401 = 0 }));
            Assert.That(Credential(child).Renewals, Is.Positive.And.EqualTo(Credential(child).Requests - 1));
        }

        // With --watch there is a line for each sidecar at the start, and every second.
        static int Seconds(ChildProgram child) => child.Output.Count(static line => line.StartsWith("sidecar=audit ", StringComparison.Ordinal)) - 1;
    }

    [Test]
    [CancelAfter(Limit)]
    public async Task Run_WhereNobodyAnswersAsTheyShould_RefusesOrdersAndSaysWhy()
    {
        await using var child = ChildProgram.Start("ConsoleApp", "--audit", _audit, "--chaos", "100");
        child.Input.Close();

        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());
        var unpriced = child.Error.Where(static line => line.Contains(NoPrice, StringComparison.Ordinal)).ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Row(child, "audit").Accepted + unpriced.Count, Is.EqualTo(2920), "orders that fulfil the rules");
            Assert.That(unpriced, Is.Not.Empty.And.All.Matches($@"^line \d+: order SO-\d+: {NoPrice}\w.+"));
            Assert.That(child.Output, Has.Some.Contains("ambassador's balances too"));
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public async Task Run_WhereThereIsNoPriceService_LeavesItAloneSoonAndSaysSo()
    {
        await using var child = ChildProgram.Start("ConsoleApp", "--audit", _audit, "--url", "http://127.0.0.1:1");
        child.Input.Close();

        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());
        var prices = Ambassador(child);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(prices.Refused, Is.GreaterThan(1000), "the circuit is open");
            Assert.That(prices.Failed + prices.Refused, Is.EqualTo(prices.Calls));
            Assert.That(child.Error, Has.Exactly(1).Contains("the circuit was Closed and is Open"));
            Assert.That(child.Error, Has.Some.Contains(NoPrice + "Connection refused (127.0.0.1:1)"));
            Assert.That(child.Error, Has.Exactly((int)prices.Refused).Contains(NoPrice + "The circuit of ambassador 'prices' is open"));
            Assert.That(child.Output, Has.Some.Contains("ambassador's balances too"));
        }
    }

    [TestCase("")]
    [TestCase("/")]
    [CancelAfter(Limit)]
    public async Task Run_WithAUrl_AsksThatService(string end)
    {
        var asked = "";
        await using var service = new LoopbackServer((target, _) =>
        {
            asked = target;
            return (200, """{"TEA-GRN-100":1.25}""");
        });
        await using var child = await RunOneAsync("--url", service.Url + "shop" + end);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(asked, Is.EqualTo("/shop/prices?sku=TEA-GRN-100"));
            Assert.That(File.ReadAllText(_audit), Does.Contain("\"total\":2.50"));
            Assert.That(Ambassador(child), Is.EqualTo(new AmbassadorRow(Calls: 1, Attempts: 1, Retries: 0, Failed: 0, Refused: 0)));
            Assert.That(child.Output, Has.None.Contains("credential").And.None.Contains("endpoint"), "that service has neither");
        }
    }

    [TestCase(200, "no JSON", "cannot be read")]
    [TestCase(200, "null", "has none for TEA-GRN-100")]
    [TestCase(200, """{"TEA-EGR-100":6.40}""", "has none for TEA-GRN-100")]
    [TestCase(200, """{"TEA-GRN-100":-1}""", "has none for TEA-GRN-100")]
    [TestCase(404, "", "answered 404")]
    [TestCase(503, "", "answered 503")]
    [CancelAfter(Limit)]
    public async Task Run_OnAServiceWithoutThePrice_RefusesTheOrderAndSaysWhy(int status, string body, string reason)
    {
        await using var service = new LoopbackServer((_, _) => (status, body));
        await using var child = await RunOneAsync("--url", service.Url);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(child.Error, Has.Count.EqualTo(1));
            Assert.That(child.Error, Has.All.StartsWith("line 1: order A-1: " + NoPrice).And.All.Contains(reason));
            Assert.That(child.Output, Has.Some.StartsWith("1 lines: 0 orders priced, 1 refused (1 for want of a price), 0 blank."));
            Assert.That(service.Requests, Is.EqualTo(status == 503 ? 4 : 1));
        }
    }

    [Test]
    [CancelAfter(Limit)]
    [Platform(Exclude = "Win", Reason = "Signals are sent by kill.")]
    public async Task Run_SignalledWhileAPriceIsAwaited_StillPricesTheOrder()
    {
        using var answer = new ManualResetEventSlim();
        await using var service = new LoopbackServer((_, _) =>
        {
            answer.Wait();
            return (200, """{"TEA-GRN-100":1.25}""");
        });
        await using var child = ChildProgram.Start("ConsoleApp", "-", "--audit", _audit, "--url", service.Url);
        await SendAsync(child, 1);
        await Eventually.HoldsAsync(() => service.Requests > 0, "the price is asked for");

        await child.SignalAsync("TERM");
        answer.Set();

        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());
        Assert.That(Row(child, "audit").Handled, Is.EqualTo(1));
    }

    [TestCase("'101'", "--chaos", "101")]
    [TestCase("'-1'", "--chaos", "-1")]
    [TestCase("'some'", "--chaos", "some")]
    [TestCase("'shop'", "--url", "shop")]
    [TestCase("'ftp://shop/'", "--url", "ftp://shop/")]
    [TestCase("--url", "--url", "http://shop/", "--chaos", "1")]
    [CancelAfter(Limit)]
    public async Task Run_OfferedNoPriceService_SaysSoAndExitsWithAnotherCode(string named, params string[] arguments)
    {
        await using var child = ChildProgram.Start("ConsoleApp", arguments);

        Assert.That(await child.ExitAsync(), Is.EqualTo(2));
        Assert.That(child.Error, Has.Some.Contains(named));
    }

    /// <summary>Has one order processed, to the end.</summary>
    private async Task<ChildProgram> RunOneAsync(params IReadOnlyList<string> arguments)
    {
        var child = ChildProgram.Start("ConsoleApp", ["-", "--audit", _audit, .. arguments]);
        await SendAsync(child, 1);
        child.Input.Close();
        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());
        return child;
    }

    private static string IdOf(string audited)
    {
        using var order = JsonDocument.Parse(audited);
        return order.RootElement.GetProperty("id").GetString()!;
    }

    /// <summary>Reads the ambassador's line of the final table.</summary>
    private static AmbassadorRow Ambassador(ChildProgram child)
    {
        var line = child.Output.SingleOrDefault(static line => line.StartsWith("│prices", StringComparison.Ordinal));
        Assert.That(line, Is.Not.Null, $"there is a row for the ambassador in {child}");
        var numbers = NumberPattern().Matches(line!)
            .Select(static match => long.Parse(match.Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture)).ToArray();
        return new AmbassadorRow(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]);
    }

    /// <summary>Reads the lines of the table of its endpoints.</summary>
    private static List<EndpointRow> Endpoints(ChildProgram child) =>
    [
        .. child.Output.Select(static line => EndpointPattern().Match(line)).Where(static match => match.Success)
            .Select(static match => new EndpointRow(NumberIn(match, 1), NumberIn(match, 2), NumberIn(match, 3))),
    ];

    /// <summary>Reads the line of its credential.</summary>
    private static CredentialRow Credential(ChildProgram child)
    {
        var match = child.Output.Select(static line => CredentialPattern().Match(line)).SingleOrDefault(static match => match.Success);
        Assert.That(match, Is.Not.Null, $"there is a row for the credential in {child}");
        return new CredentialRow(NumberIn(match!, 1), NumberIn(match!, 2), NumberIn(match!, 3), NumberIn(match!, 4));
    }

    private static long NumberIn(Match match, int group) => long.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^│ 127\.0\.0\.1:\d+ +│ +(\d+) │ +(\d+) │ +(\d+) │ (?:Closed|Open|HalfOpen) +│$")]
    private static partial Regex EndpointPattern();

    [GeneratedRegex(@"^│ client_credentials +│ +(\d+) │ +(\d+) │ +(\d+) │ +(\d+) │$")]
    private static partial Regex CredentialPattern();

    private sealed record AmbassadorRow(long Calls, long Attempts, long Retries, long Failed, long Refused);

    private sealed record EndpointRow(long Requests, long Failures, long Ejections);

    private sealed record CredentialRow(long Requests, long Failed, long Renewals, long After401);
}
