using System.Text;
using System.Text.Json;
using CsCheck;

namespace SidecarPatterns.Tests;

/// <summary>JSON becomes the keys that <c>AddJsonFile</c> makes of it; what is wrong is told without a word of the text.</summary>
[TestFixture]
internal sealed class JsonKeysTests
{
    [TestCase("""{"a":{},"b":[],"c":null,"d":[{}],"e":[[],[1,2]],"f":true,"g":1.50,"h":false,"":3,"i":{"":{"j":"k"}}}""")]
    [TestCase("{}")]
    [TestCase("{ /* a comment */ \"a\": [1, 2,], // another\n \"b\": { \"c\": \"\\u0041\\n\\\"\", }, }")]
    [TestCase("{\"A:B\": 1, \"A\": {\"C\": 2}, \"a\": {\"D\": 3}}")]
    [TestCase("{\"long\": \"" + "ÄÖÜ😀" + "\", \"e\": 1e400, \"n\": -0.0}")]
    public void Read_Document_HasTheKeysOfAddJsonFile(string json) => Assert.That(Keys(json), Is.EquivalentTo(KeysOfAddJson(json)!));

    [Test]
    public void Read_AnyDocument_HasTheKeysOfAddJsonFile()
    {
        var text = Gen.String[Gen.Char["aäß€:_- \"\\\n0"], 0, 4];
        var leaf = Gen.OneOf(
            Gen.Const("null"), Gen.Const("true"), Gen.Const("false"), Gen.Int.Select(static number => $"{number}"), text.Select(static value => JsonSerializer.Serialize(value)));
        var document = Gen.Recursive<string>((depth, inner) => depth > 3
            ? leaf
            : Gen.OneOf(
                leaf,
                inner.Array[0, 4].Select(static items => $"[{string.Join(',', items)}]"),
                Members(inner)));

        Members(document).Sample(
            json =>
            {
                var expected = KeysOfAddJson(json);
                var actual = Keys(json);
                return actual is null ? expected is null or { Count: >= 0 } && HasTwice(json) : expected is not null && expected.OrderBy(static pair => pair.Key, StringComparer.Ordinal)
                    .SequenceEqual(actual.OrderBy(static pair => pair.Key, StringComparer.Ordinal));
            },
            iter: 3_000);

        Gen<string> Members(Gen<string> inner) => Gen.Select(text, inner, static (name, value) => $"{JsonSerializer.Serialize(name)}:{value}").Array[0, 4]
            .Select(static members => $"{{{string.Join(',', members)}}}");
    }

    [TestCase("", "it is no JSON from line 1, byte 1 on")]
    [TestCase("{\"a\": canary}", "it is no JSON from line 1, byte 7 on")]
    [TestCase("{\n\"a\": 1,\n  canary", "it is no JSON from line 3, byte 3 on")]
    [TestCase("{\"a\": \"canary", "it is no JSON from line 1, byte 14 on")]
    [TestCase("{\"a\": 1} canary", "it is no JSON from line 1, byte 10 on")]
    [TestCase("[\"canary\"]", "it is no JSON object")]
    [TestCase("\"canary\"", "it is no JSON object")]
    [TestCase("{\"a\": \"canary\\ud800\"}", "its text is no Unicode at byte 7")]
    [TestCase("{\"a\": 1, \"A\": \"canary\"}", "it has the key 'A' twice")]
    [TestCase("{\"a\": {\"b\": 1}, \"a:B\": \"canary\"}", "it has the key 'a:B' twice")]
    public void Read_NoDocument_SaysWhereAndQuotesNoValue(string json, string problem) =>
        Assert.That(() => Read(Encoding.UTF8.GetBytes(json)), Throws.TypeOf<DocumentRefusedException>().With.Message.EqualTo(problem));

    [Test]
    public void Read_NoUtf8_IsRefused() => Assert.That(
        () => Read([.. "{\"a\": \""u8, 0xFF, .. "\"}"u8]), Throws.TypeOf<DocumentRefusedException>().With.Message.EqualTo("its text is no Unicode at byte 7"));

    [Test]
    public void Read_ByteOrderMark_IsPassedOver() => Assert.That(Read([.. Encoding.UTF8.Preamble, .. "{\"a\": 1}"u8]).Values["a"], Is.EqualTo("1"));

    [TestCase(64, false)]
    [TestCase(65, true)]
    public void Read_Nested_IsRefusedFromTheDepthOfAddJsonFileOn(int depth, bool isRefused)
    {
        var json = string.Concat(Enumerable.Repeat("{\"a\":", depth - 1)) + "{}" + new string('}', depth - 1);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                () => Read(Encoding.UTF8.GetBytes(json)),
                isRefused ? Throws.TypeOf<DocumentRefusedException>().With.Message.Contains("deeper than 64 levels") : Throws.Nothing);
            Assert.That(KeysOfAddJson(json), isRefused ? Is.Null : Is.Not.Null);
        }
    }

    // A megabyte of JSON whose keys would have gigabytes.
    [Test]
    public void Read_ALongPathOverManyKeys_IsRefusedBeforeItIsWrittenOut()
    {
        var json = $"{{\"{new string('n', 100_000)}\": [{string.Join(',', Enumerable.Repeat('1', 100_000))}]}}";
        var table = new KeyTableBuilder(KeyTable.Empty, maxCharacters: 1_000_000);

        Assert.That(
            () => JsonKeys.Read(Encoding.UTF8.GetBytes(json), table),
            Throws.TypeOf<DocumentRefusedException>().With.Message.Contains("more than 1,000,000 characters"));
    }

    private static KeyTable Read(byte[] json)
    {
        var builder = new KeyTableBuilder(KeyTable.Empty);
        JsonKeys.Read(json, builder);
        return builder.Build().Table;
    }

    private static Dictionary<string, string?>? Keys(string json)
    {
        try
        {
            return new Dictionary<string, string?>(Read(Encoding.UTF8.GetBytes(json)).Values);
        }
        catch (DocumentRefusedException)
        {
            return null;
        }
    }

    // Ours is stricter: an empty object or array counts as a key as well.
    private static bool HasTwice(string json)
    {
        try
        {
            Read(Encoding.UTF8.GetBytes(json));
            return false;
        }
        catch (DocumentRefusedException exception)
        {
            return exception.Message.EndsWith("twice", StringComparison.Ordinal);
        }
    }

    private static Dictionary<string, string?>? KeysOfAddJson(string json)
    {
        var provider = new Revealed();
        try
        {
            provider.Load(new MemoryStream(Encoding.UTF8.GetBytes(json)));
            return provider.All;
        }
        catch (Exception exception) when (exception is FormatException or JsonException)
        {
            return null;
        }
    }

    private sealed class Revealed() : Microsoft.Extensions.Configuration.Json.JsonStreamConfigurationProvider(new Microsoft.Extensions.Configuration.Json.JsonStreamConfigurationSource())
    {
        public Dictionary<string, string?> All => new(Data);
    }
}
