using System.Reflection;

namespace SidecarPatterns.Tests;

[TestFixture]
internal sealed class SidecarOptionRulesTests
{
    [Test]
    public void Table_EveryProperty_HasOneRule()
    {
        var properties = typeof(SidecarOptions).GetProperties().Select(static property => property.Name);

        Assert.That(SidecarOptionRules.Table.Keys, Is.EqualTo(properties));
    }

    [Test]
    public void Table_EveryRule_HasATestCase() =>
        Assert.That(SidecarOptionCase.All.Select(static option => option.Key), Is.EqualTo(SidecarOptionRules.Table.Keys));

    [Test]
    public void FindFailures_Defaults_AreAllowed() =>
        Assert.That(SidecarOptionRules.FindFailures("audit", new SidecarOptions()), Is.Empty);

    [TestCaseSource(typeof(SidecarOptionCase), nameof(SidecarOptionCase.All))]
    public void FindFailures_ValueAtTheLimits_IsAllowed(SidecarOptionCase option)
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (var value in option.Good)
            {
                Assert.That(SidecarOptionRules.Table.FindFailures("Sidecars:audit", With(option.Key, value)), Is.Empty, $"{value}");
            }
        }
    }

    [TestCaseSource(typeof(SidecarOptionCase), nameof(SidecarOptionCase.All))]
    public void FindFailures_ValueBeyondTheLimits_NamesKeyValueAndWhatIsAllowed(SidecarOptionCase option)
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (var (value, shown) in option.Bad)
            {
                Assert.That(
                    SidecarOptionRules.Table.FindFailures("Sidecars:audit", With(option.Key, value)),
                    Is.EqualTo([$"Sidecars:audit:{option.Key} is {shown}; allowed is {option.Allowed}."]));
            }
        }
    }

    [TestCaseSource(typeof(SidecarOptionCase), nameof(SidecarOptionCase.All))]
    public void Show_ValueAtTheLimits_IsReadAgain(SidecarOptionCase option)
    {
        var rule = RuleOf(option.Key);

        using (Assert.EnterMultipleScope())
        {
            foreach (var value in option.Good.Where(static value => value is not null))
            {
                Assert.That(rule.Allows(rule.Show(With(option.Key, value))), $"{value}");
            }
        }
    }

    [TestCaseSource(typeof(SidecarOptionCase), nameof(SidecarOptionCase.All))]
    public void Allows_Text_TellsGoodFromBadFromGarbage(SidecarOptionCase option)
    {
        var rule = RuleOf(option.Key);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(option.GoodTexts.Where(text => !(rule.CanRead(text) && rule.Allows(text))), Is.Empty);
            Assert.That(option.BadTexts.Where(text => !rule.CanRead(text) || rule.Allows(text)), Is.Empty);
            Assert.That(option.Garbage.Where(text => rule.CanRead(text) || rule.Allows(text)), Is.Empty);
        }
    }

    private static OptionRule<SidecarOptions> RuleOf(string key) => SidecarOptionRules.Table.Rules.Single(rule => rule.Key == key);

    private static SidecarOptions With(string key, object? value)
    {
        var options = new SidecarOptions();
        PropertyInfo property = typeof(SidecarOptions).GetProperty(key)!;
        property.SetValue(options, property.PropertyType.IsEnum ? Enum.ToObject(property.PropertyType, value!) : value);
        return options;
    }
}
