namespace SidecarPatterns.Tests;

/// <summary>Web sockets begin as HTTP does.</summary>
[TestFixture]
internal sealed class SchemeRuleTests
{
    [TestCase("http", false)]
    [TestCase("ws", false)]
    [TestCase("https", true)]
    [TestCase("wss", true)]
    [TestCase("ftp", null)]
    [TestCase("", null)]
    public void IsSecure_OfAScheme_IsWhetherItHasTls(string scheme, bool? expected) => Assert.That(SchemeRule.IsSecure(scheme), Is.EqualTo(expected));

    [TestCase("http", "http", true)]
    [TestCase("http", "ws", true)]
    [TestCase("wss", "https", true)]
    [TestCase("http", "https", false)]
    [TestCase("ws", "wss", false)]
    [TestCase("ftp", "ftp", true)]
    [TestCase("ftp", "gopher", false)]
    public void IsSame_OfTwoSchemes_IsWhetherTheServerTakesThemForOne(string one, string other, bool expected) =>
        Assert.That(SchemeRule.IsSame(one, other), Is.EqualTo(expected));
}
