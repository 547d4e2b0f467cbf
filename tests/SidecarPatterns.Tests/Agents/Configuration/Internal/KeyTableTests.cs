using CsCheck;
using Microsoft.Extensions.Configuration;

namespace SidecarPatterns.Tests;

/// <summary>The agent's provider answers as any other does, and knows in what two versions differ.</summary>
[TestFixture]
internal sealed class KeyTableTests
{
    private static readonly Gen<string> Key = Gen.String[Gen.Char["aAbB1:-"], 0, 8];

    [Test]
    public void Provider_AnyKeysAndPath_AnswersAsTheBaseClassDoes() => Gen.Select(Key.Array[0, 12], Key.Array[0, 3], Key.Null()).Sample(
        static (keys, earlier, path) =>
        {
            var pairs = keys.Distinct(StringComparer.OrdinalIgnoreCase).Select(static key => KeyValuePair.Create<string, string?>(key, "of " + key)).ToList();
            var plain = new Plain(pairs);
            var own = new AgentConfigurationProvider("agent", Table(pairs));

            // One that is there twice is told once to whoever asks a configuration; which writing of it comes first is left open by the base class as well.
            return Told(own.GetChildKeys(earlier, path)).SequenceEqual(Told(plain.GetChildKeys(earlier, path)))
                && keys.Append(path ?? "").All(key => own.TryGet(key.ToUpperInvariant(), out var ours) == plain.TryGet(key.ToUpperInvariant(), out var theirs) && ours == theirs);

            static IEnumerable<string> Told(IEnumerable<string> keys) =>
                keys.Select(static key => key.ToUpperInvariant()).Distinct().Order(StringComparer.Ordinal);
        },
        iter: 5_000);

    [Test]
    public void GetChildKeys_OfNumbers_AreInTheOrderOfArrays() => Assert.That(
        Table([.. Enumerable.Range(0, 12).Reverse().Select(static i => KeyValuePair.Create<string, string?>($"list:{i}", "value"))]).GetChildKeys([], "List"),
        Is.EqualTo(Enumerable.Range(0, 12).Select(static i => $"{i}")));

    [Test]
    public void Build_AfterAnother_CountsAndNamesWhatDiffers()
    {
        var builder = new KeyTableBuilder(Table([new("same", "1"), new("other", "1"), new("gone", "1"), new("nothing", null), new("writing", "1")]));
        builder.Add("same", "1");
        builder.Add("other", "2");
        builder.Add("new", "1");
        builder.Add("nothing", "");
        builder.Add("WRITING", "1");
        var (table, changes) = builder.Build();

        using (Assert.EnterMultipleScope())
        {
            Assert.That((changes.Added, changes.Changed, changes.Removed), Is.EqualTo((1, 2, 1)));
            Assert.That(changes.Named, Is.EqualTo(new[] { "other", "new", "nothing", "gone" }));
            Assert.That(table.Count, Is.EqualTo(5));
            Assert.That(table.Values["other"], Is.EqualTo("2"));
        }
    }

    [Test]
    public void Build_TheSameOnceMore_KeepsItsTexts()
    {
        var before = Table([new("key " + Guid.NewGuid(), "value " + Guid.NewGuid())]);
        var builder = new KeyTableBuilder(before);
        builder.Add(new string(before.Values.Single().Key), new string(before.Values.Single().Value));
        var (table, changes) = builder.Build();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(changes.IsNone, Is.True);
            Assert.That(table.Values.Single().Key, Is.SameAs(before.Values.Single().Key));
            Assert.That(table.Values.Single().Value, Is.SameAs(before.Values.Single().Value));
        }
    }

    [Test]
    public void ComputeHash_KeysInAnotherOrder_IsTheSameAndAnotherForAnotherText()
    {
        var hash = Table([new("a", "1"), new("b", "2")]).ComputeHash();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Table([new("b", "2"), new("a", "1")]).ComputeHash(), Is.EqualTo(hash));
            Assert.That(Table([new("a", "12"), new("b", "")]).ComputeHash(), Is.Not.EqualTo(hash));
            Assert.That(Table([new("a", null), new("b", "2")]).ComputeHash(), Is.Not.EqualTo(Table([new("a", ""), new("b", "2")]).ComputeHash()));
            Assert.That(
                Table([new("a", "1"), new("b", "other")]).ComputeHash(static key => key == "b"),
                Is.EqualTo(Table([new("a", "1"), new("b", "2")]).ComputeHash(static key => key == "b")));
        }
    }

    private static KeyTable Table(IReadOnlyList<KeyValuePair<string, string?>> pairs)
    {
        var builder = new KeyTableBuilder(KeyTable.Empty);
        foreach (var (key, value) in pairs)
        {
            builder.Add(key, value);
        }

        return builder.Build().Table;
    }

    private sealed class Plain : ConfigurationProvider
    {
        public Plain(IEnumerable<KeyValuePair<string, string?>> pairs) => Data = new Dictionary<string, string?>(pairs, StringComparer.OrdinalIgnoreCase);
    }
}
