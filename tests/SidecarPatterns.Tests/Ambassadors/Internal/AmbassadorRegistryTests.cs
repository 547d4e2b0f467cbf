namespace SidecarPatterns.Tests;

/// <summary>Which clients have an ambassador, and what the sidecars are named that see to something of theirs.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class AmbassadorRegistryTests
{
    private readonly AmbassadorRegistry _registry = new();

    [Test]
    public void Covers_Name_IsOneThatWasAddedInWhateverCase()
    {
        _registry.Add("prices");
        _registry.Add("PRICES");

        Assert.That((_registry.Covers("Prices"), _registry.Covers("stock"), _registry.CoversDefaults), Is.EqualTo((true, false, false)));
        Assert.That(_registry.Names, Is.EqualTo(["prices"]));
    }

    [Test]
    public void Covers_ClientDefaults_IsAnyName()
    {
        _registry.Add(null);

        Assert.That((_registry.Covers("any"), _registry.CoversDefaults), Is.EqualTo((true, true)));
        Assert.That(_registry.Names, Is.Empty);
    }

    [TestCase("orders", "orders.token")]
    [TestCase("My.orders_v-2", "My.orders_v-2.token")]
    [TestCase("my orders/é", "my-orders--.token")]
    public void NameSidecar_AnyClient_IsANameThatASidecarMayHave(string client, string expected)
    {
        Assert.That(_registry.NameSidecar(client, ".token"), Is.EqualTo(expected));
        Assert.That(_registry.ClientOf(expected.ToUpperInvariant()), Is.EqualTo(client));
    }

    [Test]
    public void NameSidecar_Again_IsNoneOrAnotherOne()
    {
        string?[] names =
        [
            _registry.NameSidecar("my orders", ".token"), _registry.NameSidecar("MY ORDERS", ".token"), _registry.NameSidecar("my orders", ".prober"),
            _registry.NameSidecar("my-orders", ".token"), _registry.NameSidecar("my_orders", ".token"), _registry.NameSidecar("my/orders", ".token"),
        ];

        Assert.That(names, Is.EqualTo(["my-orders.token", null, "my-orders.prober", "my-orders-2.token", "my_orders.token", "my-orders-3.token"]));
    }
}
