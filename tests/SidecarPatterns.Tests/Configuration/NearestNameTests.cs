extern alias Library;
using CsCheck;
using static Library::SidecarPatterns.NearestName; // By way of the library: the agents are compiled with the same source.

namespace SidecarPatterns.Tests;

[TestFixture]
internal sealed class NearestNameTests
{
    private static readonly Gen<string> Names = Gen.String[Gen.Char["abAB-"], 2, 8];

    [TestCase("", "", 0)]
    [TestCase("", "abc", 3)]
    [TestCase("audit", "AUDIT", 0)]
    [TestCase("audit", "adit", 1)]
    [TestCase("audit", "auudit", 1)]
    [TestCase("audit", "aubit", 1)]
    [TestCase("audit", "auidt", 1)]
    [TestCase("ab", "ba", 1)]
    [TestCase("abcd", "badc", 2)]
    [TestCase("ca", "abc", 3)]
    [TestCase("kitten", "sitting", 3)]
    public void Distance_KnownPairs_CountsTheMistakes(string left, string right, int distance)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Distance(left, right), Is.EqualTo(distance));
            Assert.That(Distance(right, left), Is.EqualTo(distance));
        }
    }

    [Test]
    public void Distance_OneMistake_IsOneUnlessItChangedNothing() =>
        Gen.Select(Names, Mistake.Once).Select(static (name, mistake) => (Name: name, Typed: mistake(name))).Sample(static pair =>
            Distance(pair.Name, pair.Typed) == (pair.Name.Equals(pair.Typed, StringComparison.OrdinalIgnoreCase) ? 0 : 1));

    [Test]
    public void Distance_AnyPair_IsWhatTheDefinitionSays() =>
        Gen.Select(Names, Names).Sample(static (left, right) =>
            Distance(left, right) == Defined(left.ToUpperInvariant(), right.ToUpperInvariant()), iter: 300);

    [TestCase("Capcity", "Capacity")]
    [TestCase("capactiy", "Capacity")]
    [TestCase("Drain", null)]
    [TestCase("Timeout", null)]
    [TestCase("", null)]
    public void Find_OneOfSeveral_IsTheNearestIfNearEnough(string name, string? expected) =>
        Assert.That(Find(name, ["DrainTimeout", "Capacity", "Critical"]), Is.EqualTo(expected));

    [Test]
    public void Find_EquallyNear_IsTheFirst() => Assert.That(Find("mail-3", ["mail-2", "mail-1"]), Is.EqualTo("mail-2"));

    [Test]
    public void Find_Nearer_WinsOverFirst() => Assert.That(Find("mailer-x", ["mailer-yy", "mailer-"]), Is.EqualTo("mailer-"));

    [Test]
    public void Find_ShortNamesWithNothingInCommon_IsNone() => Assert.That(Find("a", ["b"]), Is.Null);

    [Test]
    public void Find_NothingKnown_IsNone() => Assert.That(Find("audit", []), Is.Null);

    // The recursive definition, without a table.
    private static int Defined(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        if (left.IsEmpty || right.IsEmpty)
        {
            return left.Length + right.Length;
        }

        if (left[^1] == right[^1])
        {
            return Defined(left[..^1], right[..^1]);
        }

        var least = Math.Min(Defined(left[..^1], right), Math.Min(Defined(left, right[..^1]), Defined(left[..^1], right[..^1]))) + 1;
        return left.Length > 1 && right.Length > 1 && left[^1] == right[^2] && left[^2] == right[^1]
            ? Math.Min(least, Defined(left[..^2], right[..^2]) + 1)
            : least;
    }
}
