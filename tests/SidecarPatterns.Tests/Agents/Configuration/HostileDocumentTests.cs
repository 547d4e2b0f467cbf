using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Tests;

/// <summary>
/// Versions as a broken repository, a broken disk and a stranger give them: each is in force as a whole or not at all, and the one before stays.
/// </summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class HostileDocumentTests : FolderTests<TestFolder>
{
    private const string Canary = "c4n4ry";

    [Test]
    public void Read_AnyBytes_HaveTheKeysOfAddJsonFileOrAreRefused()
    {
        var (read, refused) = (0, 0);
        Hostile.ForEach(10_000, random =>
        {
            var bytes = random.Spoil(Document(random));
            try
            {
                var keys = Keys(table => JsonKeys.Read(bytes, table));
                Assert.That(keys, Is.EquivalentTo(KeysOfAddJson(bytes)!), Encoding.UTF8.GetString(bytes));
                read++;
            }
            catch (DocumentRefusedException exception)
            {
                Assert.That(exception.Message, Does.Not.Contain(Canary));
                Assert.That(
                    KeysOfAddJson(bytes) is null || exception.Message.EndsWith("twice", StringComparison.Ordinal) || exception.Message.StartsWith("its text is no Unicode", StringComparison.Ordinal),
                    $"{exception.Message}: {Encoding.UTF8.GetString(bytes)}");
                refused++;
            }
        });

        Assert.That((int[])[read, refused], Has.All.GreaterThan(500), "or nothing was shown");
    }

    [Test]
    public void Copy_Damaged_HasTheKeysThatWereWrittenOrIsNotTaken()
    {
        var (taken, left) = (0, 0);
        var path = Folder.File("copy");
        Hostile.ForEach(30, random =>
        {
            var builder = new KeyTableBuilder(KeyTable.Empty);
            JsonKeys.Read(Document(random), builder);
            var written = builder.Build().Table;
            var copy = new CopyOnDisk(path, "source");
            copy.Write(written, random.Text(2), DateTimeOffset.UnixEpoch);
            var bytes = File.ReadAllBytes(path);
            for (var damage = 0; damage < 25; damage++)
            {
                File.WriteAllBytes(path, random.Spoil(bytes));
                var version = copy.Read(out var problem);
                Assert.That(problem, version is null ? Is.EqualTo("it is corrupt").Or.EqualTo("it is of another source") : Is.Null);
                Assert.That(version is null ? written.Values : Keys(version.Document.Fill), Is.EquivalentTo(written.Values));
                (taken, left) = version is null ? (taken, left + 1) : (taken + 1, left);
            }
        });

        Assert.That((int[])[taken, left], Has.All.Positive, "or nothing was shown");
    }

    // Three keys say the same in each version that is in order: what is in force never is half of one.
    [Test]
    public async Task Repository_AnyAnswers_TheLastGoodVersionStaysAndTheAccountBalances()
    {
        await using var server = ScriptedServer.Start().Answers(Json(0));
        await using var host = ConfigurationAgents.Build(options =>
        {
            options.FromHttp(server.Uri, static ambassador =>
            {
                ambassador.Retry.MaxAttempts = 1;
                ambassador.CircuitBreaker.MinimumAttempts = AmbassadorCircuitBreakerConstants.MaxMinimumAttempts;
            });
            options.MaxSize = 100_000;
            options.Validate(static candidate => candidate["a"] is { } number && number == candidate["b"] && number == candidate["c"]);
        });
        await host.StartReadyAsync();
        await Hostile.ForEachAsync(300, async random =>
        {
            var before = host.AgentSnapshot();
            server.Answers(AnyAnswer(random));
            var after = await host.LookAsync();
            var values = new[] { "a", "b", "c" }.Select(host.Value).Distinct().ToList();

            Assert.That(values, Has.Count.EqualTo(1));
            Assert.That(after.Version == before.Version, Is.EqualTo(after.Adopted == before.Adopted));
            Assert.That($"{after.LastError} {after.Revision}", Does.Not.Contain(Canary));
        });

        var end = host.AgentSnapshot();
        Assert.That((long[])[end.Adopted, end.Refused, end.Failed], Has.All.GreaterThan(20), "or nothing was shown");
        Assert.That(host.Logs.Entries.Select(static entry => $"{entry.Message} {entry.Exception}"), Has.None.Contains(Canary));
        server.Answers(Json(-1));
        for (var look = 0; look < 3 && host.Value("c") != "-1"; look++)
        {
            await host.LookAsync(); // The first may meet the end of a connection that was kept.
        }

        Assert.That((host.AgentSnapshot().IsCurrent, host.Value("c")), Is.EqualTo((true, "-1")), "it goes on");
        await host.StopAsync();
    }

    // The longest that there is would be no delay any more.
    [TestCase("99999999999999999999")]
    [TestCase("2147483647")]
    [TestCase("Fri, 31 Dec 9999 23:59:59 GMT")]
    [TestCase("-1")]
    [TestCase("Mon, 01 Jan 0001 00:00:00 GMT")]
    [TestCase("soon")]
    public async Task Start_RepositoryAsksForAnyPause_EndsWithItsTimeAndSaysWhy(string pause)
    {
        await using var server = ScriptedServer.Start().Answers(503, "", ("Retry-After", pause));
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());

        var failure = await Task.Run(() => builder.AddConfigurationSidecar(options =>
        {
            options.FromHttp(server.Uri, static ambassador => ambassador.Retry.MaxAttempts = 1);
            options.StartupTimeout = TimeSpan.FromMilliseconds(200);
        })).FailureAsync();

        Assert.That(failure, Is.TypeOf<ConfigurationAgentException>().With.Message.Contains("it answered 503"));
    }

    private static Answer Json(int number) => Answer.With(200, $$"""{"a": {{number}}, "b": {{number}}, "c": {{number}}}""", ("Content-Type", "application/json"));

    private static Answer AnyAnswer(Random random)
    {
        var number = random.Next(1_000);
        var document = Encoding.UTF8.GetBytes($$"""{"a": {{number}}, "b": {{number}}, "c": {{number}}, "Password": "{{Canary}}"}""");
        var type = ("Content-Type", random.Pick(["application/json", "application/json; charset=utf-8", "application/problem+json", "text/json"]));
        return random.Next(9) switch
        {
            0 => Bytes(random.Spoil(document), type),
            1 => Bytes(document, ("Content-Type", Line(random))),
            2 => Bytes(document, type, ("ETag", random.Pick(["*", "W/", "x", $"\"{Line(random).Replace("\"", "", StringComparison.Ordinal)}\""])), ("Preference-Applied", Line(random))),
            3 => Answer.With(random.Pick([204, 206, 301, 304, 400, 404, 418, 429, 500, 503, 599]), Canary, ("Retry-After", Pause(random)), ("Location", Line(random))),
            4 => Bytes(Zip(random.Next(2) == 0 ? new byte[5_000_000] : document), type, ("Content-Encoding", "gzip")),
            5 => Bytes(random.Spoil(Zip(document)), type, ("Content-Encoding", "gzip")),
            6 => Answer.Of(async connection =>
            {
                await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{random.Pick(["Content-Length: 500", "Transfer-Encoding: chunked", "Content-Length: -1"])}\r\n\r\n");
                await connection.SendAsync($"{{\"a\": \"{Canary}");
                await connection.CloseAsync();
            }),
            7 => random.Next(2) == 0 ? Answer.Reset : Answer.Close,
            _ => Bytes(document, type),
        };
    }

    private static string Line(Random random) => string.Concat(random.Text().Where(static sign => sign is >= ' ' and <= '~'));

    private static string Pause(Random random) => random.Pick(["1", "0", "-1", "2147483647", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT", "soon", "1, 2"]);

    private static Answer Bytes(byte[] body, params IReadOnlyList<(string Name, string Value)> headers) =>
        Answer.Of(connection => connection.RespondAsync(200, body, headers));

    private static byte[] Zip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var packing = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            packing.Write(bytes);
        }

        return packed.ToArray();
    }

    /// <summary>A document that is in order, but for keys that it may have twice.</summary>
    private static byte[] Document(Random random)
    {
        var number = 0;
        return Encoding.UTF8.GetBytes($$"""{"Password": "{{Canary}}", {{Members(random, depth: 0)}}}""");

        string Members(Random random, int depth) => string.Join(", ", Enumerable.Range(0, random.Next(4)).Select(_ => $"{Quoted($"{random.Text(2)}{number++}")}: {Value(random, depth)}"));

        string Value(Random random, int depth) => random.Next(depth > 5 ? 5 : 8) switch
        {
            0 => Quoted(random.Text()),
            1 => random.Pick(["null", "true", "false"]),
            2 => $"{random.Next()}",
            3 => random.Pick(["-0.0", "1e400", "1.50", "99999999999999999999999999", "-1E-5"]),
            4 => random.Pick(["{}", "[]", "[[]]", "/* a comment */ 1", "[1, 2,]"]),
            5 => $"[{string.Join(", ", Enumerable.Range(0, random.Next(4)).Select(_ => Value(random, depth + 1)))}]",
            _ => $"{{{Members(random, depth + 1)}}}",
        };
    }

    private static string Quoted(string text) => JsonSerializer.Serialize(Hostile.AsUnicode(text));

    private static Dictionary<string, string?> Keys(Action<KeyTableBuilder> fill)
    {
        var builder = new KeyTableBuilder(KeyTable.Empty);
        fill(builder);
        return new Dictionary<string, string?>(builder.Build().Table.Values);
    }

    private static Dictionary<string, string?>? KeysOfAddJson(byte[] bytes)
    {
        var provider = new Revealed();
        try
        {
            provider.Load(new MemoryStream(bytes));
            return provider.All;
        }
        catch (Exception exception) when (exception is FormatException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private sealed class Revealed() : JsonStreamConfigurationProvider(new JsonStreamConfigurationSource())
    {
        public Dictionary<string, string?> All => new(Data);
    }
}
