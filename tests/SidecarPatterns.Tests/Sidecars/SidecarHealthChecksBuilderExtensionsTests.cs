using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace SidecarPatterns.Tests;

/// <summary>What is registered; what the checks say is in <see cref="SidecarHealthChecksTests"/>.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class SidecarHealthChecksBuilderExtensionsTests
{
    [Test]
    public void AddSidecarHealthChecks_NoBuilder_IsRefused() =>
        Assert.That(static () => ((IHealthChecksBuilder)null!).AddSidecarHealthChecks(), Throws.ArgumentNullException);

    [Test]
    public void AddSidecarHealthChecks_ReturnsTheBuilderItWasCalledOn()
    {
        var builder = new ServiceCollection().AddHealthChecks();

        Assert.That(builder.AddSidecarHealthChecks(), Is.SameAs(builder));
    }

    [Test]
    public async Task AddSidecarHealthChecks_SidecarsBeforeAndAfterIt_OneCheckEachAndTwoForTheHost()
    {
        await using var host = TestHost.Build(static services =>
        {
            services.AddRun(new Script<First>(), "before");
            services.AddHealthChecks().AddSidecarHealthChecks();
            services.AddRun(new Script<Second>(), "after");
        });

        Assert.That(RegistrationsOf(host.Services), Is.EqualTo(new[]
        {
            "sidecars-live [live] Unhealthy",
            "sidecars-ready [ready] Unhealthy",
            "sidecar-before [sidecar] Unhealthy",
            "sidecar-after [sidecar] Unhealthy",
        }));
    }

    [Test]
    public async Task AddSidecarHealthChecks_CalledTwice_AddsNothingTheSecondTime()
    {
        await using var host = TestHost.Build(static services =>
        {
            services.AddRun(new Script<First>(), "beat");
            services.AddHealthChecks().AddSidecarHealthChecks().AddSidecarHealthChecks();
            services.AddHealthChecks().AddSidecarHealthChecks();
        });

        using (Assert.EnterMultipleScope())
        {
            Assert.That(RegistrationsOf(host.Services), Has.Count.EqualTo(3));
            Assert.That(await host.CheckHealthAsync("live"), Is.EqualTo(HealthStatus.Healthy));
        }
    }

    [Test]
    public async Task AddSidecarHealthChecks_NoSidecarAtAll_IsAliveAndReady()
    {
        await using var host = TestHost.Build(static services => services.AddHealthChecks().AddSidecarHealthChecks());

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await host.CheckHealthAsync("live"), Is.EqualTo(HealthStatus.Healthy));
            Assert.That(await host.CheckHealthAsync("ready"), Is.EqualTo(HealthStatus.Healthy));
        }
    }

    private static List<string> RegistrationsOf(IServiceProvider services) =>
    [
        .. services.GetRequiredService<IOptions<HealthCheckServiceOptions>>().Value.Registrations
            .Select(static registration => $"{registration.Name} [{string.Join(',', registration.Tags)}] {registration.FailureStatus}"),
    ];
}
