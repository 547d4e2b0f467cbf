using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>What each overload registers, and what it refuses.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed partial class SidecarServiceCollectionExtensionsTests
{
    private static readonly Func<int, SidecarContext, CancellationToken, ValueTask> Nothing = static (_, _, _) => default;

    [Test]
    public void AddSidecar_RunSidecarWithoutName_HasTypeNameAndDefaults()
    {
        var services = new ServiceCollection();

        var builder = services.AddSidecar<Plain>();

        using var provider = services.BuildServiceProvider();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(builder.Name, Is.EqualTo("Plain"));
            Assert.That(builder.Services, Is.SameAs(services));
            Assert.That(provider.GetRequiredService<ISidecarControl>().GetSnapshot("Plain").Capacity, Is.Zero);
        }
    }

    [Test]
    public void AddSidecar_MessageSidecarWithoutName_HasTypeNameAndDefaults()
    {
        var services = new ServiceCollection();

        var builder = services.AddSidecar<Plain, int>();

        using var provider = services.BuildServiceProvider();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(builder.Name, Is.EqualTo("Plain"));
            Assert.That(builder.Services, Is.SameAs(services));
            Assert.That(provider.GetRequiredService<ISidecarControl>().GetSnapshot("Plain").Capacity, Is.EqualTo(1024));
        }
    }

    [Test]
    public void AddSidecar_Delegate_HasGivenNameAndDefaults()
    {
        var services = new ServiceCollection();

        var builder = services.AddSidecar("mailer", Nothing);

        using var provider = services.BuildServiceProvider();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(builder.Name, Is.EqualTo("mailer"));
            Assert.That(builder.Services, Is.SameAs(services));
            Assert.That(provider.GetRequiredService<ISidecarControl>().GetSnapshot("mailer").Capacity, Is.EqualTo(1024));
        }
    }

    [TestCaseSource(nameof(OverloadsWithName))]
    public void AddSidecar_NameAndCallback_BothAreUsed(Func<IServiceCollection, string, Action<SidecarOptions>, ISidecarBuilder> add)
    {
        var services = new ServiceCollection();

        var builder = add(services, "given", static options => options.Critical = false);

        using var provider = services.BuildServiceProvider();
        var control = provider.GetRequiredService<ISidecarControl>();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(builder.Name, Is.EqualTo("given"));
            Assert.That(control.Names, Is.EqualTo(new[] { "given" }));
            Assert.That(control.GetSnapshot("given").Critical, Is.False);
        }
    }

    [TestCaseSource(nameof(OverloadsWithCallbackAlone))]
    public void AddSidecar_CallbackAlone_NameIsDefaultAndCallbackIsUsed(
        Func<IServiceCollection, Action<SidecarOptions>, ISidecarBuilder> add)
    {
        var services = new ServiceCollection();

        var builder = add(services, static options => options.Critical = false);

        using var provider = services.BuildServiceProvider();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(builder.Name, Is.EqualTo("Plain"));
            Assert.That(provider.GetRequiredService<ISidecarControl>().GetSnapshot("Plain").Critical, Is.False);
        }
    }

    [Test]
    public void AddSidecar_ServicesNull_Throws()
    {
        IServiceCollection services = null!;
        using (Assert.EnterMultipleScope())
        {
            AssertRefusesNull(() => services.AddSidecar<Plain>(), "services");
            AssertRefusesNull(() => services.AddSidecar<Plain>("name"), "services");
            AssertRefusesNull(() => services.AddSidecar<Plain>(static _ => { }), "services");
            AssertRefusesNull(() => services.AddSidecar<Plain, int>(), "services");
            AssertRefusesNull(() => services.AddSidecar<Plain, int>("name"), "services");
            AssertRefusesNull(() => services.AddSidecar<Plain, int>(static _ => { }), "services");
            AssertRefusesNull(() => services.AddSidecar("name", Nothing), "services");
        }
    }

    [Test]
    public void AddSidecar_ArgumentNull_ThrowsAndAddsNothing()
    {
        var services = new ServiceCollection();
        using (Assert.EnterMultipleScope())
        {
            AssertRefusesNull(() => services.AddSidecar<Plain>((Action<SidecarOptions>)null!), "configure");
            AssertRefusesNull(() => services.AddSidecar<Plain, int>((Action<SidecarOptions>)null!), "configure");
            AssertRefusesNull(() => services.AddSidecar(null!, Nothing), "name");
            AssertRefusesNull(() => services.AddSidecar<int>("name", null!), "handler");
            Assert.That(services, Is.Empty);
        }
    }

    [Test]
    public void AddSidecar_OptionalArgumentsNull_AreDefaults()
    {
        var services = new ServiceCollection();

        services.AddSidecar<Plain>(name: null, configure: null);
        services.AddSidecar<Other, int>(name: null, configure: null);
        services.AddSidecar("third", Nothing, configure: null);

        using var provider = services.BuildServiceProvider();
        Assert.That(provider.GetRequiredService<ISidecarControl>().Names, Is.EqualTo(new[] { "Plain", "Other", "third" }));
    }

    private static IEnumerable<TestCaseData> OverloadsWithName()
    {
        yield return Case("run", static (services, name, configure) => services.AddSidecar<Plain>(name, configure));
        yield return Case("message", static (services, name, configure) => services.AddSidecar<Plain, int>(name, configure));
        yield return Case("delegate", static (services, name, configure) => services.AddSidecar(name, Nothing, configure));

        static TestCaseData Case(string name, Func<IServiceCollection, string, Action<SidecarOptions>, ISidecarBuilder> add) =>
            new TestCaseData(add).SetArgDisplayNames(name);
    }

    private static IEnumerable<TestCaseData> OverloadsWithCallbackAlone()
    {
        yield return Case("run", static (services, configure) => services.AddSidecar<Plain>(configure));
        yield return Case("message", static (services, configure) => services.AddSidecar<Plain, int>(configure));

        static TestCaseData Case(string name, Func<IServiceCollection, Action<SidecarOptions>, ISidecarBuilder> add) =>
            new TestCaseData(add).SetArgDisplayNames(name);
    }

    private static void AssertRefusesNull(Func<object> add, string parameter) =>
        Assert.That(() => add(), Throws.ArgumentNullException.With.Property("ParamName").EqualTo(parameter));

    /// <summary>A sidecar of either kind.</summary>
    [SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
    private class Plain : ISidecar, ISidecar<int>
    {
        public Task RunAsync(SidecarContext context, CancellationToken ct) => Script.UntilCancelledAsync(ct);

        public ValueTask HandleAsync(int message, SidecarContext context, CancellationToken ct) => default;
    }

    /// <inheritdoc/>
    [SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
    private sealed class Other : Plain;

    /// <summary>Has a nested type and a generic one.</summary>
    private static class Outer
    {
        [SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
        public sealed class Nested : Plain;

        [SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
        public sealed class Generic<TFirst, TSecond> : Plain;

        public static class Holder<T>
        {
            [SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
            public sealed class Inner : Plain;
        }
    }
}
