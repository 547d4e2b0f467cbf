using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests.Sidecars;

/// <summary>What a sidecar's builder says of other sidecars.</summary>
[TestFixture]
internal sealed class SidecarBuilderExtensionsTests
{
    [Test]
    public void DependsOn_AnyBuilder_KeepsItsType()
    {
        var services = new ServiceCollection();

        var plain = services.AddRun(new Script<First>(), "first");
        Assert.That(plain.DependsOn("second"), Is.SameAs(plain));

        // It compiles: what only a builder with messages has comes after it.
        services.AddHandler(new Script<Second>(), "second").DependsOn("first").DependsOn("third").OnDropped(static _ => { });
    }

    [TestCase("")]
    [TestCase("a b")]
    [TestCase("a:b")]
    public void DependsOn_WhatCanNotBeAName_IsRefused(string name)
    {
        var builder = new ServiceCollection().AddRun(new Script<First>(), "first");
        Assert.That(() => builder.DependsOn(name), Throws.ArgumentException.With.Message.Contains($"'{name}'"));
    }

    [Test]
    public void DependsOn_Null_IsRefused()
    {
        var builder = new ServiceCollection().AddRun(new Script<First>(), "first");
        Assert.That(() => builder.DependsOn(null!), Throws.ArgumentNullException);
        Assert.That(() => ((ISidecarBuilder)null!).DependsOn("first"), Throws.ArgumentNullException);
    }

    [Test]
    public void StartsFirst_AnyBuilder_KeepsItsTypeAndRefusesNull()
    {
        var builder = new ServiceCollection().AddRun(new Script<First>(), "first");
        Assert.That(builder.StartsFirst(), Is.SameAs(builder));
        Assert.That(() => ((ISidecarBuilder)null!).StartsFirst(), Throws.ArgumentNullException);
    }

    [Test]
    public void DependsOn_BuilderOfSomebodyElse_IsRefused() =>
        Assert.That(() => new ForeignBuilder().DependsOn("first"), Throws.ArgumentException.With.Message.Contains("'foreign'"));

    [Test]
    public void InGroup_AnyBuilder_KeepsItsType()
    {
        var services = new ServiceCollection().AddSidecarGroup("group");
        var plain = services.AddRun(new Script<First>(), "first");
        Assert.That(plain.InGroup("group"), Is.SameAs(plain));
        services.AddHandler(new Script<Second>(), "second").InGroup("group").OnDropped(static _ => { });
    }

    [Test]
    public void InGroup_Twice_IsRefused()
    {
        var builder = new ServiceCollection().AddRun(new Script<First>(), "first").InGroup("one");
        Assert.That(() => builder.InGroup("two"), Throws.InvalidOperationException.With.Message.Contains("'first'").And.Message.Contains("'one'").And.Message.Contains("'two'"));
    }

    [Test]
    public void InGroup_WhatCanNotBeAName_IsRefused()
    {
        var services = new ServiceCollection();
        var builder = services.AddRun(new Script<First>(), "first");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => builder.InGroup("a b"), Throws.ArgumentException.With.Message.Contains("a group"));
            Assert.That(() => builder.InGroup(null!), Throws.ArgumentNullException);
            Assert.That(() => ((ISidecarBuilder)null!).InGroup("group"), Throws.ArgumentNullException);
            Assert.That(() => services.AddSidecarGroup(""), Throws.ArgumentException.With.Message.Contains("the name of a group"));
            Assert.That(() => services.AddSidecarGroup(null!), Throws.ArgumentNullException);
            Assert.That(
                () => services.AddSidecarGroup("group", (SidecarGroupStrategy)9),
                Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.StartsWith("It is none of the strategies.").And.Message.Contains("9"));
        }
    }

    [Test]
    public void AddSidecarGroup_SameNameTwice_IsRefused()
    {
        var services = new ServiceCollection().AddSidecarGroup("group");
        Assert.That(() => services.AddSidecarGroup("GROUP"), Throws.ArgumentException.With.Message.Contains("'group'"));
    }

    [TestCase(null, "add it with AddSidecarGroup(\"grup\").")]
    [TestCase("group", "did you mean 'group'?")]
    [TestCase("something", "added are something.")]
    [TestCase("something another", "added are something, another.")]
    public async Task InGroup_ThatWasNotAdded_IsAnErrorAtTheStart(string? added, string hint)
    {
        var script = new Script<First>();
        await using var host = TestHost.Build(services =>
        {
            services.AddRun(script, "first").InGroup("grup");
            foreach (var name in added?.Split(' ') ?? [])
            {
                services.AddSidecarGroup(name);
            }
        });
        var failure = await host.Host.StartAsync().FailureAsync();
        Assert.That(failure, Is.TypeOf<InvalidOperationException>().With.Message.EqualTo(
            "Sidecar 'first' is in group 'grup', but no group has this name; " + hint));
        Assert.That(script.Created, Is.Zero);
    }

    private sealed class ForeignBuilder : ISidecarBuilder
    {
        public string Name => "foreign";

        public IServiceCollection Services { get; } = new ServiceCollection();
    }
}
