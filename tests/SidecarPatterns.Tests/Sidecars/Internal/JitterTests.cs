namespace SidecarPatterns.Tests;

/// <summary>How far chance goes.</summary>
[TestFixture]
internal sealed class JitterTests
{
    [TestCase(0, 0.8)]
    [TestCase(0.25, 0.9)]
    [TestCase(0.5, 1)]
    [TestCase(1, 1.2)]
    public void Factor_OfAFifth_IsAroundOne(double drawn, double expected) =>
        Assert.That(Jitter.Factor(0.2, new FixedRandom(drawn)), Is.EqualTo(expected).Within(0.000_001));
}
