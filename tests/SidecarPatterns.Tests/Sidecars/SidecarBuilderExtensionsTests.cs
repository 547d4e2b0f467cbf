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
    public void DependsOn_BuilderOfSomebodyElse_IsRefused() =>
        Assert.That(() => new ForeignBuilder().DependsOn("first"), Throws.ArgumentException.With.Message.Contains("'foreign'"));

    private sealed class ForeignBuilder : ISidecarBuilder
    {
        public string Name => "foreign";

        public IServiceCollection Services { get; } = new ServiceCollection();
    }
}
