using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>What the registration of a hosted service as a sidecar takes and refuses.</summary>
internal sealed partial class SidecarServiceCollectionExtensionsTests
{
    [Test]
    public void AddHostedSidecar_WithoutName_HasTypeNameAndIsNoHostedService()
    {
        var services = new ServiceCollection();

        var builder = services.AddHostedSidecar<JournalService>();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(builder.Name, Is.EqualTo("JournalService"));
            Assert.That(builder.Services, Is.SameAs(services));
            Assert.That(HostedServicesIn(services), Has.Count.EqualTo(1), "the coordinator's");
        }
    }

    [Test]
    public void AddHostedSidecar_NameAndCallback_BothAreUsed()
    {
        var services = new ServiceCollection();

        services.AddHostedSidecar<JournalService>("given", static options => options.Critical = false);
        services.AddHostedSidecar<JournalService>(static options => options.Critical = false);

        using var provider = services.BuildServiceProvider();
        var control = provider.GetRequiredService<ISidecarControl>();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(control.Names, Is.EqualTo(new[] { "given", "JournalService" }));
            Assert.That(control.GetSnapshots().Select(static snapshot => snapshot.Critical), Is.All.False);
        }
    }

    [Test]
    public void AddHostedSidecar_ArgumentNullOrNameNotAllowed_Throws()
    {
        IServiceCollection none = null!;
        var services = new ServiceCollection();
        using (Assert.EnterMultipleScope())
        {
            AssertRefusesNull(() => none.AddHostedSidecar<JournalService>(), "services");
            AssertRefusesNull(() => none.AddHostedSidecar<JournalService>(static _ => { }), "services");
            AssertRefusesNull(() => services.AddHostedSidecar<JournalService>((Action<SidecarOptions>)null!), "configure");
            Assert.That(() => services.AddHostedSidecar<JournalService>("a b"), Throws.ArgumentException.With.Message.Contains("'a b'"));
            Assert.That(services, Is.Empty);
        }
    }

    [Test]
    public void AddHostedSidecar_NameIsTaken_ThrowsNamingBoth()
    {
        var services = new ServiceCollection();
        services.AddSidecar<Plain>("legacy");

        Assert.That(
            () => services.AddHostedSidecar<JournalService>("Legacy"),
            Throws.ArgumentException.With.Message.Contains(nameof(Plain)).And.Message.Contains(nameof(JournalService)));
    }
}
