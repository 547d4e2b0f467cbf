namespace SidecarPatterns.Tests;

/// <summary>Heads of HTTP/2, by the examples of RFC 7541: no client of ours writes all that one may.</summary>
[TestFixture]
internal sealed class ScriptedServerHpackTests
{
    [TestCase("400a637573746f6d2d6b65790d637573746f6d2d686561646572", "custom-key: custom-header", 55, TestName = "C.2.1 indexed literal")]
    [TestCase("040c2f73616d706c652f70617468", ":path: /sample/path", 0, TestName = "C.2.2 literal")]
    [TestCase("100870617373776f726406736563726574", "password: secret", 0, TestName = "C.2.3 literal that is never indexed")]
    [TestCase("82", ":method: GET", 0, TestName = "C.2.4 indexed")]
    public void Decode_OneField_IsThatOfTheExample(string block, string expected, int size)
    {
        var decoder = new HpackDecoder();

        Assert.That(Lines(decoder.Decode(Convert.FromHexString(block))), Is.EqualTo(new[] { expected }));
        Assert.That(decoder.Size, Is.EqualTo(size));
    }

    [TestCase(
        "828684410f7777772e6578616d706c652e636f6d", "828684be58086e6f2d6361636865",
        "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565", TestName = "C.3 requests without Huffman code")]
    [TestCase(
        "828684418cf1e3c2e5f23a6ba0ab90f4ff", "828684be5886a8eb10649cbf",
        "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf", TestName = "C.4 requests with Huffman code")]
    public void Decode_ThreeHeads_ReferToThoseBefore(string first, string second, string third)
    {
        var decoder = new HpackDecoder();
        string[] common = [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Lines(decoder.Decode(Convert.FromHexString(first))), Is.EqualTo(common));
            Assert.That(Lines(decoder.Decode(Convert.FromHexString(second))), Is.EqualTo((string[])[.. common, "cache-control: no-cache"]));
            Assert.That(
                Lines(decoder.Decode(Convert.FromHexString(third))),
                Is.EqualTo(new[] { ":method: GET", ":scheme: https", ":path: /index.html", ":authority: www.example.com", "custom-key: custom-value" }));
            Assert.That(decoder.Size, Is.EqualTo(164));
        }
    }

    [Test]
    public void Decode_TableIsFull_ForgetsTheOldest()
    {
        var decoder = new HpackDecoder();
        decoder.Decode([.. HexOf("3f31"), .. HexOf("400a637573746f6d2d6b65790d637573746f6d2d686561646572")]); // A table of 80 bytes.
        decoder.Decode(HexOf("400a637573746f6d2d6b65790d637573746f6d2d686561646564"));

        Assert.That(Lines(decoder.Decode(HexOf("be"))), Is.EqualTo(new[] { "custom-key: custom-headed" }));
        Assert.That(() => decoder.Decode(HexOf("bf")), Throws.InstanceOf<InvalidDataException>());
    }

    [TestCase("00828fff81ff", TestName = "Padding of more than seven bits")]
    [TestCase("008100", TestName = "Padding of zeros")]
    [TestCase("0084ffffffff", TestName = "The end within a text")]
    public void Decode_WrongHuffmanCode_IsRefused(string block) =>
        Assert.That(() => new HpackDecoder().Decode(HexOf(block)), Throws.InstanceOf<InvalidDataException>());

    [Test]
    public void Encode_AnyHead_IsReadAgain()
    {
        (string Name, string Value)[] headers = [(":status", "200"), ("X-Long", new string('x', 100_000)), ("x-empty", "")];

        var decoded = new HpackDecoder().Decode(HpackEncoder.Encode(headers));

        Assert.That(decoded, Is.EqualTo(headers.Select(static header => (header.Name == "X-Long" ? "x-long" : header.Name, header.Value))));
    }

    private static byte[] HexOf(string block) => Convert.FromHexString(block);

    private static string[] Lines(IReadOnlyList<(string Name, string Value)> headers) =>
        [.. headers.Select(static header => $"{header.Name}: {header.Value}")];
}
