using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>What a sidecar may be called, and that no two are called the same.</summary>
internal sealed partial class SidecarServiceCollectionExtensionsTests
{
    [Test]
    public void AddSidecar_NestedOrGenericType_NameIsWithoutOuterTypeAndArity()
    {
        var services = new ServiceCollection();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(services.AddSidecar<Plain>().Name, Is.EqualTo("Plain"));
            Assert.That(services.AddSidecar<Outer.Nested>().Name, Is.EqualTo("Nested"));
            Assert.That(services.AddSidecar<Outer.Generic<int, string>>().Name, Is.EqualTo("Generic"));
            Assert.That(services.AddSidecar<Outer.Holder<int>.Inner, int>().Name, Is.EqualTo("Inner"));
        }
    }

    [Test]
    public void AddSidecar_ClosedTypesOfOneGeneric_NeedNamesOfTheirOwn()
    {
        var services = new ServiceCollection();
        services.AddSidecar<Outer.Generic<int, int>>();

        Assert.That(() => services.AddSidecar<Outer.Generic<int, string>>(), Throws.ArgumentException);
    }

    [TestCase("a")]
    [TestCase("7")]
    [TestCase("audit-log_2.Shard")]
    [TestCase("-")]
    public void AddSidecar_AllowedName_IsKeptAsItIs(string name)
    {
        var services = new ServiceCollection();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(services.AddSidecar<Plain>(name).Name, Is.EqualTo(name));
            Assert.That(new ServiceCollection().AddSidecar<Plain, int>(name).Name, Is.EqualTo(name));
            Assert.That(new ServiceCollection().AddSidecar(name, Nothing).Name, Is.EqualTo(name));
        }
    }

    [TestCase("")]
    [TestCase(" ")]
    [TestCase("audit log")]
    [TestCase("audit:log")]
    [TestCase("audit/log")]
    [TestCase("Generic`1")]
    [TestCase("pr\u00fcfer")]
    [TestCase("a\n")]
    public void AddSidecar_NameNotAllowed_ThrowsAndSaysWhatIs(string name)
    {
        var services = new ServiceCollection();
        using (Assert.EnterMultipleScope())
        {
            AssertRefused(() => services.AddSidecar<Plain>(name));
            AssertRefused(() => services.AddSidecar<Plain, int>(name));
            AssertRefused(() => services.AddSidecar(name, Nothing));
            Assert.That(services, Is.Empty);
        }

        void AssertRefused(Func<object> add) =>
            Assert.That(
                () => add(),
                Throws.ArgumentException.With.Property("ParamName").EqualTo("name")
                    .And.Message.Contains($"'{name}'").And.Message.Contains("letters, digits"));
    }

    [TestCase("audit", "audit")]
    [TestCase("audit", "AUDIT")]
    [TestCase("Audit-1", "aUDIT-1")]
    public void AddSidecar_NameIsTaken_ThrowsNamingBothAndChangesNothing(string first, string second)
    {
        var services = new ServiceCollection();
        services.AddSidecar<Plain>(first);
        var before = services.ToArray();
        using (Assert.EnterMultipleScope())
        {
            AssertRefused(() => services.AddSidecar<Other, int>(second, static _ => { }), nameof(Other));
            AssertRefused(() => services.AddSidecar<Other>(second, static _ => { }), nameof(Other));
            AssertRefused(() => services.AddSidecar(second, Nothing, static _ => { }), "a delegate");
            Assert.That(services, Is.EqualTo(before));
        }

        void AssertRefused(Func<object> add, string added) =>
            Assert.That(
                () => add(),
                Throws.ArgumentException.With.Message.Contains($"'{first}'").And.Message.Contains($"'{second}'")
                    .And.Message.Contains(nameof(Plain)).And.Message.Contains(added));
    }

    [Test]
    public void Control_UnknownName_IsRefusedSayingWhichThereAre()
    {
        var services = new ServiceCollection();
        services.AddSidecar<Plain, int>("audit");
        services.AddSidecar<Other>("heartbeat");
        using var provider = services.BuildServiceProvider();
        using var none = new ServiceCollection().AddSidecarGroup("group").BuildServiceProvider();

        using (Assert.EnterMultipleScope())
        {
            AssertRefuses(provider, $"'audit' ({typeof(Plain)}, takes System.Int32); 'heartbeat' ({typeof(Other)})");
            AssertRefuses(none, "none");
        }

        static void AssertRefuses(IServiceProvider provider, string registered) =>
            Assert.That(
                () => provider.GetRequiredService<ISidecarControl>().GetSnapshot("beat"),
                Throws.ArgumentException.With.Property("ParamName").EqualTo("name")
                    .And.Message.StartsWith($"No sidecar is named 'beat'. Registered are: {registered}."));
    }

    [Test]
    public void AddSidecar_SameNameInTwoCollections_AreApart()
    {
        new ServiceCollection().AddSidecar<Plain>("audit");

        Assert.That(() => new ServiceCollection().AddSidecar<Plain>("audit"), Throws.Nothing);
    }

    [Test]
    public async Task AddSidecar_SameTypeUnderTwoNames_AreTwoSidecars()
    {
        var script = new Script<First>();
        var account = (Left: new Account(), Right: new Account());
        var seen = new Journal();
        script.Handle = (message, context, _) =>
        {
            seen.Add($"{context.Name} {message}");
            (context.Name == "left" ? account.Left : account.Right).CountHandled();
            return default;
        };
        await using var host = TestHost.Build(services =>
        {
            services.AddHandler(script, "left", static options => options.Capacity = 2);
            services.AddHandler(script, "right", static options => options.Capacity = 3);
        });
        await host.StartAsync();

        account.Left.TryWrite(host.Writer<int>("left"), 1);
        account.Right.TryWrite(host.Writer<int>("right"), 2);
        await host.StopAsync();

        account.Left.AssertBalances(host.Control, "left");
        account.Right.AssertBalances(host.Control, "right");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(script.Created, Is.EqualTo(2));
            Assert.That(seen.Lines, Is.EquivalentTo(new[] { "left 1", "right 2" }));
            Assert.That(host.Snapshot("left").Capacity, Is.EqualTo(2));
            Assert.That(host.Snapshot("right").Capacity, Is.EqualTo(3));
        }
    }
}
