using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Tests;

/// <summary>The one hosted service behind all sidecars, in any collection.</summary>
internal sealed partial class SidecarServiceCollectionExtensionsTests
{
    [Test]
    public void AddSidecar_ManySidecars_RegistersOneHostedService()
    {
        var services = new ServiceCollection();
        services.AddSidecar<Plain>();
        services.AddSidecar<Other, int>();
        for (var number = 0; number < 10; number++)
        {
            services.AddSidecar($"delegate-{number}", Nothing);
        }

        Assert.That(HostedServicesIn(services), Has.Count.EqualTo(1));
    }

    [Test]
    public void AddSidecar_HostedServicesAddedBeforeAndAfter_CoordinatorIsFirst()
    {
        var services = new ServiceCollection();
        services.AddSingleton<Journal>();
        services.AddHostedService<JournalService>();
        services.AddSidecar<Plain>();
        services.AddSingleton<IHostedService>(static provider => new JournalService(provider.GetRequiredService<Journal>()));
        services.AddSidecar<Other>();

        using var provider = services.BuildServiceProvider();
        var hosted = provider.GetServices<IHostedService>().ToArray();
        var first = HostedServicesIn(services)[0];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(hosted, Has.Length.EqualTo(3));
            Assert.That(hosted[0], Is.TypeOf<SidecarCoordinator>());
            Assert.That(first.ImplementationFactory?.Invoke(provider), Is.SameAs(hosted[0]));
        }
    }

    [Test]
    public async Task AddSidecar_CollectionWithoutHostAndConfiguration_WorksWhenStartedByHand()
    {
        var account = new Account();
        var services = new ServiceCollection();
        services.AddSidecar("audit", account.Counting<int>(static _ => { }));
        await using var provider = services.BuildServiceProvider();
        var control = provider.GetRequiredService<ISidecarControl>();
        var writer = provider.GetRequiredService<SidecarWriter<int>>();
        var coordinator = provider.GetServices<IHostedService>().Single();

        account.Publish(writer, 1);
        await coordinator.StartAsync(CancellationToken.None).InTime();
        account.Publish(writer, 2);
        await coordinator.StopAsync(CancellationToken.None).InTime();
        account.Publish(writer, 3);

        account.AssertBalances(control, "audit");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(account.Handled, Is.EqualTo(2));
            Assert.That(account.Refused, Is.EqualTo(1));
            Assert.That(control.GetSnapshot("audit").State, Is.EqualTo(SidecarState.Stopped));
        }
    }

    [Test]
    public void Control_MadeByWhoHasSuppressedTheFlow_IsMadeAndTheFlowStaysSuppressed()
    {
        using var provider = new ServiceCollection().AddSidecar("audit", Nothing).Services.BuildServiceProvider();
        using (ExecutionContext.SuppressFlow())
        {
            Assert.That(provider.GetRequiredService<ISidecarControl>().Names, Is.EqualTo(["audit"]));
            Assert.That(ExecutionContext.IsFlowSuppressed(), Is.True);
        }
    }

    private static List<ServiceDescriptor> HostedServicesIn(IServiceCollection services) =>
        [.. services.Where(static descriptor => descriptor.ServiceType == typeof(IHostedService))];
}
