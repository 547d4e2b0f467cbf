namespace SidecarPatterns.Tests;

[TestFixture]
internal sealed class LogFileNameTests
{
    [TestCase("app-20261129.jsonl", 1, 1, false)]
    [TestCase("app-20261129-2.jsonl", 1, 2, false)]
    [TestCase("app-20261129-12.jsonl.gz", 1, 12, true)]
    [TestCase("app+3-20261129.jsonl", 3, 1, false)]
    [TestCase("app+10-20261129-4.jsonl.gz", 10, 4, true)]
    public void Parse_ANameOfOurs_IsReadAndWrittenTheSame(string file, int slot, int number, bool isCompressed)
    {
        var name = LogFileName.Parse("app", file);
        Assert.That(name, Is.EqualTo(new LogFileName(slot, new DateOnly(2026, 11, 29), number, isCompressed)));
        Assert.That(name!.Value.ToString("app"), Is.EqualTo(file));
    }

    [TestCase("app.jsonl")]
    [TestCase("app-20261329.jsonl")]
    [TestCase("app-20261129-0.jsonl")]
    [TestCase("app-20261129-1.jsonl")]
    [TestCase("app-20261129-02.jsonl")]
    [TestCase("app-20261129-.jsonl")]
    [TestCase("app-20261129-99999999999.jsonl")]
    [TestCase("app+-20261129.jsonl")]
    [TestCase("app+1-20261129.jsonl")]
    [TestCase("app-20261129x.jsonl")]
    [TestCase("apple-20261129.jsonl")]
    [TestCase("app-20261129.jsonl.bak")]
    [TestCase("app-20261129.jsonl.gz.tmp")]
    [TestCase("App-20261129.jsonl")]
    [TestCase("app")]
    [TestCase("app-.jsonl")]
    public void Parse_AnyOtherName_IsNoneOfOurs(string file) => Assert.That(LogFileName.Parse("app", file), Is.Null);
}
