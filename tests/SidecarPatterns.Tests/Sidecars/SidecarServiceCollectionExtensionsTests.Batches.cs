using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>What the registrations of a batch sidecar and of the governor take and refuse.</summary>
internal sealed partial class SidecarServiceCollectionExtensionsTests
{
    [Test]
    public void AddBatchSidecar_NamesAndCallbacks_AreUsed()
    {
        var services = new ServiceCollection();

        var builder = services.AddBatchSidecar<Packer, int>(static options => options.Capacity = 300);
        services.AddBatchSidecar<Packer, int>("given", static options => options.Capacity = 300);

        using var provider = services.BuildServiceProvider();
        var control = provider.GetRequiredService<ISidecarControl>();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(builder.Name, Is.EqualTo("Packer"));
            Assert.That(builder.Services, Is.SameAs(services));
            Assert.That(control.Names, Is.EqualTo(new[] { "Packer", "given" }));
            Assert.That(control.GetSnapshots().Select(static snapshot => snapshot.Capacity), Is.All.EqualTo(300));
        }
    }

    [Test]
    public void AddBatchSidecar_ArgumentNullOrNameNotAllowed_Throws()
    {
        IServiceCollection none = null!;
        var services = new ServiceCollection();
        using (Assert.EnterMultipleScope())
        {
            AssertRefusesNull(() => none.AddBatchSidecar<Packer, int>(), "services");
            AssertRefusesNull(() => none.AddBatchSidecar<Packer, int>(static _ => { }), "services");
            AssertRefusesNull(() => services.AddBatchSidecar<Packer, int>((Action<SidecarOptions>)null!), "configure");
            Assert.That(() => services.AddBatchSidecar<Packer, int>("a b"), Throws.ArgumentException.With.Message.Contains("'a b'"));
            Assert.That(services, Is.Empty);
        }
    }

    [Test]
    public void AddSidecarGovernor_ServicesNull_Throws() =>
        AssertRefusesNull(static () => ((IServiceCollection)null!).AddSidecarGovernor(), "services");

    [Test]
    public void AddSidecarGovernor_Twice_IsOneGovernorAndBothCallbacksAreUsed()
    {
        using var provider = new ServiceCollection()
            .AddSidecarGovernor(static options => options.MaxCpu = 0.5)
            .AddSidecarGovernor(static options => options.MaxMemory = 0.6)
            .BuildServiceProvider();

        var options = provider.GetRequiredService<Microsoft.Extensions.Options.IOptions<SidecarGovernorOptions>>().Value;

        Assert.That((options.MaxCpu, options.MaxMemory), Is.EqualTo((0.5, 0.6)));
        Assert.That(provider.GetServices<Microsoft.Extensions.Options.IValidateOptions<SidecarGovernorOptions>>().Count(), Is.EqualTo(1));
    }

    [SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
    private sealed class Packer : IBatchSidecar<int>
    {
        public ValueTask HandleAsync(IReadOnlyList<int> batch, SidecarContext context, CancellationToken ct) => default;
    }
}
