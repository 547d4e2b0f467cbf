using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace SidecarPatterns.Tests;

/// <content>Orders as strangers send them.</content>
internal sealed partial class ConsoleAppTests
{
    private const int HostileLines = 4_000;

    // Each line is an order that was priced and is in the audit, or is refused with its number, in one line of the terminal; none is lost, and none ends the program.
    [Test]
    [CancelAfter(Limit)]
    public async Task Run_OnHostileOrders_PricesOrRefusesEachLineAndItsAccountBalances()
    {
        var (good, bad, blank) = (new HashSet<long>(), new HashSet<long>(), 0);
        using var orders = new MemoryStream();
        var number = 0L;
        Hostile.ForEach(HostileLines, random =>
        {
            number++;
            var (line, isGood) = HostileOrder(random);
            orders.Write(line);
            orders.WriteByte((byte)'\n');
            blank += string.IsNullOrWhiteSpace(Encoding.UTF8.GetString(line)) ? 1 : 0;
            _ = isGood switch { true => good.Add(number), false => bad.Add(number), null => false };
        });
        var file = Path.Combine(Directory.CreateDirectory(_folder).FullName, "orders.ndjson");
        await File.WriteAllBytesAsync(file, orders.ToArray());

        await using var child = ChildProgram.Start("ConsoleApp", file, "--audit", _audit, "--replay");
        child.Input.Close();
        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());

        var refused = child.Error.Select(static line => RefusedLine().Match(line)).Where(static match => match.Success)
            .Select(static match => long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)).ToList();
        var audited = await File.ReadAllLinesAsync(_audit);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(refused, Is.Unique.And.Ordered);
            Assert.That(bad.Except(refused), Is.Empty);
            Assert.That(good.Intersect(refused), Is.Empty);
            Assert.That(audited.Length + refused.Count + blank, Is.EqualTo(number));
            Assert.That(Row(child, "audit").Accepted, Is.EqualTo(audited.Length));
            Assert.That(Row(child, "notifier").Handled, Is.EqualTo(audited.Length), "those that were dead letters were sent in the end");
            Assert.That(audited.Select(static line => JsonDocument.Parse(line).RootElement.GetProperty("items").GetArrayLength()), Has.All.Positive);
            Assert.That(child.Error.Concat(child.Output).SelectMany(static line => line).Where(char.IsControl), Is.Empty);
            Assert.That(child.Output, Has.Some.Contains("account balances"));
            Assert.That((int[])[good.Count, bad.Count, (int)number - good.Count - bad.Count], Has.All.GreaterThan(300), "or nothing was shown");
        }
    }

    /// <summary>A line, and whether it is to be priced; <see langword="null"/> where that is not known.</summary>
    private static (byte[] Line, bool? IsGood) HostileOrder(Random random)
    {
        var (text, isGood) = random.Next(16) switch
        {
            < 4 => (Written(random.Text(), $"{random.Text()}@x"), (bool?)null),
            4 => (Written("Ada", random.Pick(["", "nobody", "a\\u0000@x", "a\\n@x", "\\u001b[2J@x"]), isEscaped: true), false),
            5 => (Written("Ada", "a@x", quantity: random.Pick(["0", "-1", "10001", "1.5", "\"1\"", "null", "1e400", "99999999999999999999", "[]", "true"])), false),
            6 => (Written("Ada", "a@x", price: random.Pick(["-0.01", "1000001", "1e400", "\"1\"", "{}", "1e29"])), false),
            7 => (Written("Ada", "a@x", id: random.Pick(["", "\\u0000", "a b", "a\\nline 1: b", new string('x', 41), "\\ud800", "é"])), false),
            8 => (random.Pick(["null", "[]", "1", "\"x\"", "{}", "{", "}", "{\"id\":1}", "\ufeff{}", "NaN", "//", "{\"id\":\"a\",\"id\":\"a\"}"]), false),
            9 => (new string('[', random.Next(1, 20_000)), false),
            10 => (string.Concat(Enumerable.Repeat("{\"items\":[", random.Next(1, 500))), false),
            11 => (Written("Ada", "a@x").Replace("[{", random.Pick(["[null,{", "[[],{", "[\"x\",{", "[1,{"]), StringComparison.Ordinal), false),
            12 => (Written("Ada", "a@x", $"N-{random.Next()}").Replace("\"id\"", $"\"note\":{JsonSerializer.Serialize(random.Text())},\"id\"", StringComparison.Ordinal), true),
            13 => (Written("Ada", "a@x", price: random.Pick(["0", "1000000", "0.0000000000000000000000000001", "1e-28", "999999.9999999999999999999999"])), true),
            14 => (Written("Ada", random.Pick(["ada@x", "\u202e@x", "é@x", "@"]), $"O-{random.Next()}"), true),
            _ => ("", null),
        };
        var line = Encoding.UTF8.GetBytes(text).Where(static sign => sign is not ((byte)'\n' or (byte)'\r')).ToArray();
        return isGood is null && line.Length > 0 && random.Next(2) == 0
            ? ([.. random.Spoil(line).Where(static sign => sign is not ((byte)'\n' or (byte)'\r'))], null)
            : (line, text.Length == 0 ? null : isGood);
    }

    private static string Written(string customer, string email, string id = "A-1", string quantity = "2", string price = "null", bool isEscaped = false) =>
        $$"""{"id":"{{id}}","customer":{{JsonSerializer.Serialize(customer)}},"email":{{(isEscaped ? $"\"{email}\"" : JsonSerializer.Serialize(email))}},"currency":"EUR","items":[{"sku":"TEA-GRN-100","quantity":{{quantity}},"unitPrice":{{price}}}]}""";

    [GeneratedRegex(@"^line (\d+): ")]
    private static partial Regex RefusedLine();
}
